// The one ladder notation: packets as rungs, what programs and the timeline did between them.
//
//    3.000000  client  line-client[100] write(3, "anybody there?\n", 15) = 15
//    3.000000  client > server  P.   16:31(15)     ack 16    win 64512 <nop,nop,TS val 3000 ecr 1020>
//
// Time in seconds; who > whom; tcpdump's flags; relative seq:end(len); ack; the window in bytes where its
// scale is known, else the field; options in tcpdump's form. Whether it will not arrive stands at the end.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "capture/flow/flow_table.h"
#include "capture/note/names.h"
#include "sim/trace/observe.h"
#include "sim/why/rules.h"

namespace halfopen {

struct LadderOptions {
  bool color = false;    // ANSI colours
  bool explain = false;  // after each rung and state, why it came and the rule behind it
  bool packets = true;
  bool calls = true;      // system calls, without
  bool polls = true;      // those that wait for readiness: select(), poll(), epoll_wait()
  bool processes = true;  // born, killed, what they print
  bool states = true;
  bool timers = false;
  bool timeline = true;  // what the scenario did, and remarks
  bool client = true;    // its calls, processes, states and timers
  bool server = true;
  std::array<OsFamily, 3> family{};  // by HostId: whose rule is cited
  // Columns that lines have room for; 0: as many as they take. Of a packet that needs more the TCP options
  // are left out, then the window; what is still longer is broken between words.
  std::size_t width = 0;
};

// The notation as text. It follows the stream: relative numbers and columns depend on what went before.
class LadderText {
 public:
  LadderText(Names names, LadderOptions options) : names_{std::move(names)}, options_{options} {}

  // One line without a newline at its end; with `explain` a second one after it.
  [[nodiscard]] std::string format_rung(const PacketNote& note);
  // The same for who follows the flows already: `facts` of a segment, and the table that they are of.
  [[nodiscard]] std::string format_rung(const PacketNote& note, const FlowFacts& facts,
                                        const FlowTable& flows);
  [[nodiscard]] std::string format_note(const Note& note);
  // A packet of a capture file that could not be read.
  [[nodiscard]] std::string format_malformed(TimePoint at, std::uint64_t number, std::string_view message);

  // Whether notes of this kind are shown, some at least; and whether this one is.
  [[nodiscard]] bool shows(NoteKind kind) const;
  [[nodiscard]] bool shows(const Note& note) const;
  // What was left out for want of room: "TCP options", "TCP options and windows"; empty where nothing was.
  [[nodiscard]] std::string_view left_out() const;
  [[nodiscard]] const LadderOptions& options() const { return options_; }
  [[nodiscard]] Names& names() { return names_; }

 private:
  enum class Tone : std::uint8_t { plain, open, close, reset, repeated, lost, event, call, failure, faint };
  std::string line(TimePoint at, std::string_view told, Tone tone) const;
  std::string below(std::string_view text) const;
  enum class Detail : std::uint8_t { full, no_options, no_window };
  std::string segment_text(const Packet& packet, const FlowFacts& facts, const std::string& ends,
                           Detail detail);
  std::string fitting_segment(const PacketNote& note, const FlowFacts& facts, const std::string& ends);
  std::string pad_ends(const Packet& packet);
  std::string reason(const Packet& packet, HostId from, TimePoint at) const;
  static Tone tone_of(const PacketNote& note, bool is_repeated);
  static Tone tone_of(const Note& note);

  Names names_;
  LadderOptions options_;
  FlowTable flows_;
  Detail least_detail_ = Detail::full;  // of all rungs so far
  // Columns never get narrower.
  std::size_t ends_width_ = 15;
  std::size_t range_width_ = 12;
  std::size_t ack_width_ = 8;
};

// Writes the ladder as it happens.
class Ladder final : public Observer {
 public:
  // `out` must outlive the ladder. Failures to write stay in its state for the owner to ask.
  Ladder(std::ostream& out, Names names, LadderOptions options = {});
  Ladder(std::FILE* out, Names names, LadderOptions options = {});

  [[nodiscard]] bool wants_packets() const override { return text_.options().packets; }
  [[nodiscard]] bool wants(NoteKind kind) const override { return text_.shows(kind); }
  void on_packet(const PacketNote& note) override;
  void on_note(const Note& note) override;
  void on_malformed(TimePoint at, std::uint64_t number, std::string_view message);

 private:
  LadderText text_;
  std::function<void(std::string_view)> write_;
};

}  // namespace halfopen
