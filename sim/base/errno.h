// Error numbers of socket calls, by name. The values are Linux's on x86-64, so that a kernel host's results
// need no translation; other systems number them differently and traces therefore print names only.
#pragma once

#include <optional>
#include <string_view>

namespace halfopen {

enum class Errno : int {
  none = 0,
  noent = 2,
  intr = 4,
  badf = 9,
  again = 11,
  child = 10,
  acces = 13,
  fault = 14,
  exist = 17,
  inval = 22,
  pipe = 32,
  proto = 71,
  notsock = 88,
  noprotoopt = 92,
  opnotsupp = 95,
  afnosupport = 97,
  addrinuse = 98,
  addrnotavail = 99,
  netdown = 100,
  netunreach = 101,
  connaborted = 103,
  connreset = 104,
  nobufs = 105,
  isconn = 106,
  notconn = 107,
  timedout = 110,
  connrefused = 111,
  hostdown = 112,
  hostunreach = 113,
  already = 114,
  inprogress = 115,
  msgsize = 90,
  destaddrreq = 89,
  nonet = 64,
  srch = 3,
};

// "ETIMEDOUT"; "0" for none; "E<number>" for a value that has no name here.
[[nodiscard]] std::string_view to_string(Errno error);
// "Connection timed out": the C library's words.
[[nodiscard]] std::string_view message_of(Errno error);
[[nodiscard]] std::optional<Errno> errno_from(std::string_view name);

}  // namespace halfopen
