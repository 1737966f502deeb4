// `--states`: each change of a connection's state in netstat's columns, and between them what the timeline
// did.
#pragma once

#include <string_view>
#include <utility>

#include "capture/tell/ladder.h"
#include "cli/tell/prose.h"
#include "cli/tell/state_table.h"
#include "cli/tell/terminal.h"
#include "sim/trace/observe.h"

namespace halfopen {

class ProseStates final : public Observer {
 public:
  // `text` says which notes are told, whether with their reasons, and how those of the timeline look.
  ProseStates(Prose& out, LadderText text)
      : out_{out}, text_{std::move(text)}, table_{out, text_.options().explain, text_.options().width} {}

  // The heading, before the first note.
  void print_head(bool are_recorded) {
    table_.print_head(are_recorded
                          ? "states as the hosts recorded them"
                          : "states inferred from the packets: timeouts and the end of TIME_WAIT send none");
  }

  [[nodiscard]] bool wants_packets() const override { return false; }
  [[nodiscard]] bool wants(NoteKind kind) const override {
    const bool is_told = kind == NoteKind::state || kind == NoteKind::timeline || kind == NoteKind::remark;
    return is_told && text_.shows(kind);
  }
  void on_packet(const PacketNote&) override {}
  void on_note(const Note& note) override {
    if (!wants(static_cast<NoteKind>(note.index())) || !text_.shows(note)) return;
    const auto* state = std::get_if<StateNote>(&note);
    state != nullptr ? table_.on_state(*state) : out_.line(text_.format_note(note));
  }
  // At the end: what was left out for want of room, if anything was.
  void print_left_out() {
    const std::string_view what = table_.left_out();
    if (!what.empty()) out_.line(out_.paint(Style::faint, left_out_text(text_.options().width, what)));
  }

 private:
  Prose& out_;
  LadderText text_;
  StateTable table_;
};

}  // namespace halfopen
