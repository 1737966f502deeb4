// The ladder as prose.
#pragma once

#include <string_view>
#include <utility>

#include "capture/tell/ladder.h"
#include "cli/tell/prose.h"
#include "cli/tell/terminal.h"
#include "sim/trace/observe.h"

namespace halfopen {

class ProseLadder final : public Observer {
 public:
  ProseLadder(Prose& out, LadderText text) : out_{out}, text_{std::move(text)} {}

  [[nodiscard]] bool wants_packets() const override { return text_.options().packets; }
  [[nodiscard]] bool wants(NoteKind kind) const override { return text_.shows(kind); }
  void on_packet(const PacketNote& note) override {
    if (wants_packets()) out_.line(text_.format_rung(note));
  }
  // The same for who follows the flows already.
  void on_segment(const PacketNote& note, const FlowFacts& facts, const FlowTable& flows) {
    out_.line(text_.format_rung(note, facts, flows));
  }
  void on_note(const Note& note) override {
    if (text_.shows(note)) out_.line(text_.format_note(note));
  }
  void on_malformed(TimePoint at, std::uint64_t number, std::string_view message) {
    out_.line(text_.format_malformed(at, number, message));
  }
  // At the end: what was left out for want of room, if anything was.
  void print_left_out() {
    const std::string_view what = text_.left_out();
    if (!what.empty()) out_.line(out_.paint(Style::faint, left_out_text(text_.options().width, what)));
  }

 private:
  Prose& out_;
  LadderText text_;
};

}  // namespace halfopen
