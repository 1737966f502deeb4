// What `halfopen doctor` tries. To be run in a process that may be thrown away: the tries change its
// namespaces.
#pragma once

#include <string>

#include "replay/doctor/doctor.h"

namespace halfopen {

// What a try could not do. Not always what it was about: a TUN device needs a network namespace first.
struct TryFailure {
  Need need = Need::user_namespace;
  int error = 0;     // errno
  std::string step;  // "mount proc"
};

// Uses what is needed. Returns what was found, one line for people; throws TryFailure. It may return or throw
// in a child process of the caller, while the caller itself exits without a word. Leaves processes behind
// only if it is killed, and those die with it.
[[nodiscard]] std::string try_need(Need need);

}  // namespace halfopen
