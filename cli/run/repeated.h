// `--repeat`: what the client's program was told, over several runs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "capture/note/notice.h"
#include "cli/tell/failure.h"
#include "sim/trace/observe.h"

namespace halfopen {

class Repeated final : public Observer {
 public:
  [[nodiscard]] bool wants_packets() const override { return false; }
  [[nodiscard]] bool wants(NoteKind kind) const override {
    return NoticeWatch::wants(kind) || kind == NoteKind::timeline;
  }
  void on_packet(const PacketNote&) override {}
  void on_note(const Note& note) override;
  void end_run();

  // For each outcome: how often, and the least, the median and the greatest time after the failure.
  // "read() = -1 ETIMEDOUT: 5 of 5 runs; min 3.52 s, median 3.6 s, max 3.71 s after the crash".
  [[nodiscard]] std::vector<std::string> summary() const;

 private:
  struct Outcome {
    std::string what;
    Duration after{};
  };
  std::optional<Outcome> outcome_;  // of this run: what told the client first
  FailureWatch failure_;
  NoticeWatch notices_;
  std::string since_;  // "the crash"
  std::uint32_t runs_ = 0;
  std::map<std::string, std::vector<Duration>> times_;  // by what
};

}  // namespace halfopen
