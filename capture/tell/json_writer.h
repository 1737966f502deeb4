// Writes the outcome of a run as one JSON document, "format": "halfopen/1": calls, states and what the
// timeline did in full, packets and retransmissions as counts. docs/json.md describes it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/expect/expect.h"
#include "capture/file/capture_file.h"
#include "capture/flow/flow_table.h"
#include "capture/note/run_info.h"

namespace halfopen {

class JsonWriter final : public CaptureSink {
 public:
  // A signal leaves no document: half of one has no meaning.
  JsonWriter(const std::string& name, const RunInfo& run);
  ~JsonWriter() override;

  [[nodiscard]] bool wants(NoteKind kind) const override { return kind != NoteKind::timer; }
  void on_packet(const PacketNote& note) override;
  void on_note(const Note& note) override;

  // How the run was judged; before finish(). Without it "expectations" is an empty list.
  void set_verdicts(std::vector<Verdict> verdicts) { verdicts_ = std::move(verdicts); }
  // Writes the document and completes the file.
  void finish() override;

 private:
  struct Lists;  // calls, states, processes, timeline, remarks
  RunInfo run_;
  FlowTable flows_;
  std::array<std::uint64_t, 3> packets_{};  // by HostId
  std::array<std::uint64_t, 3> retransmissions_{};
  std::uint64_t lost_ = 0;
  std::unique_ptr<Lists> lists_;
  std::vector<Verdict> verdicts_;
};

}  // namespace halfopen
