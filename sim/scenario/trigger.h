// "after = ...": a moment of a run that has no time of its own, since a program connects and writes when it
// likes. The timeline and the expectations both wait for such moments, in the stream of notes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sim/trace/observe.h"

namespace halfopen {

struct Trigger {
  enum class What : std::uint8_t {
    connected,      // the client's connection is established, or its connect() returned 0
    accepted,       // the server's accept() returned a connection
    line_answered,  // "line N answered": the client read something after its N-th write
    call,           // "HOST CALL N": the N-th such call of this host's programs on a socket returned
    state,          // "HOST enters STATE"
    exits,          // "HOST exits": a process of it exited or was killed
  };
  What what = What::connected;
  HostId host = HostId::client;
  std::string call;             // of What::call
  State state = State::closed;  // of What::state
  std::uint32_t nth = 1;        // of call and line_answered; from 1
  std::string text;             // as the scenario wrote it
};

// nullopt when `text` is none of the forms above.
[[nodiscard]] std::optional<Trigger> trigger_from(std::string_view text);
// The forms, for messages: "connected", "accepted", "line N answered", ...
[[nodiscard]] std::string_view trigger_forms();

// Waits for one trigger in a stream of notes.
class TriggerWatch {
 public:
  explicit TriggerWatch(Trigger trigger) : trigger_{std::move(trigger)} {}
  // True for the note at which it happens, and for no other.
  bool on_note(const Note& note);
  [[nodiscard]] bool wants(NoteKind kind) const;
  [[nodiscard]] const Trigger& trigger() const { return trigger_; }

 private:
  bool on_call(const CallNote& call);

  Trigger trigger_;
  std::uint32_t seen_ = 0;
  bool happened_ = false;
};

// When the note was made.
[[nodiscard]] TimePoint time_of(const Note& note);
// The system calls that may be named: those that the model makes, and a kernel's by its own names.
[[nodiscard]] std::span<const std::string_view> call_names();
// The common name of a family of calls: "read" for recv and recvfrom, "accept" for accept4, "select" for
// poll.
[[nodiscard]] std::string_view family_of_call(std::string_view call);
// True for a call whose first argument is a descriptor of the terminal (0, 1, 2).
[[nodiscard]] bool is_terminal_call(const CallNote& call);

}  // namespace halfopen
