// `--expect SENTENCE`: what a user expects of a run, on the command line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/expect/expect.h"
#include "capture/flow/flow_table.h"
#include "capture/note/notice.h"
#include "cli/tell/failure.h"
#include "sim/base/errno.h"
#include "sim/base/time.h"
#include "sim/trace/observe.h"

namespace halfopen {

// "client notices within 5s", "client exits with 1", "client sees ETIMEDOUT", "no retransmission of the
// client".
struct Demand {
  enum class What : std::uint8_t { notices, exits, sees, no_retransmission };
  What what = What::notices;
  std::optional<HostId> host;      // only of no_retransmission may it be missing: of either
  Errno error = Errno::none;       // sees
  std::optional<int> status;       // exits
  std::optional<Duration> within;  // since the failure; without it, until the run ends
  std::string text;                // as it was given
};
// Throws InputError.
[[nodiscard]] Demand demand_from(std::string_view text);

// Holds a run against demands. Notices count from the failure on; what a program saw or when it ended may
// come before.
class Demands final : public Observer {
 public:
  explicit Demands(std::vector<Demand> demands);

  [[nodiscard]] bool wants_packets() const override;
  [[nodiscard]] bool wants(NoteKind kind) const override;
  void on_packet(const PacketNote& note) override;
  void on_note(const Note& note) override;

  // The run is over. One verdict a demand, in their order.
  [[nodiscard]] std::vector<Verdict> finish() const;

 private:
  struct Tracked {
    Demand demand;
    std::optional<TimePoint> met;   // when it was first so; of no_retransmission, when it was broken
    std::string met_by;             // "poll() = 1, POLLERR|POLLHUP"
    std::optional<TimePoint> near;  // when the first thing of the kind was that is not what was demanded
    std::string near_by;
  };
  void on_notice(const Notice& notice);
  void on_process(const ProcessNote& process);
  [[nodiscard]] Verdict verdict_of(const Tracked& tracked, std::size_t index) const;

  std::vector<Tracked> tracked_;
  FailureWatch failure_;
  NoticeWatch notices_;
  FlowTable flows_;
  std::map<HostId, std::uint32_t> first_process_;  // of the program that was started, by its pid
};

}  // namespace halfopen
