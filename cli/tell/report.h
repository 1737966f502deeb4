// What each program saw: its socket calls after the failure, in words, and what told it that something is
// wrong, whatever that was.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "capture/note/notice.h"
#include "cli/tell/failure.h"
#include "sim/trace/observe.h"

namespace halfopen {

class Report final : public Observer {
 public:
  [[nodiscard]] bool wants_packets() const override { return false; }
  [[nodiscard]] bool wants(NoteKind kind) const override;
  void on_packet(const PacketNote&) override {}
  void on_note(const Note& note) override;

  // The run is over. With `for_ever` nothing can happen any more, else it was cut short at `end`. Two-column
  // lines for people: "client line-client   read() = -1 ETIMEDOUT, 9 min 2.5 s after the write". Programs
  // that saw the same are one: "client line-client (300 times)".
  [[nodiscard]] std::vector<std::string> finish(TimePoint end, bool for_ever) const;

 private:
  enum class End : std::uint8_t { running, over, gone };
  struct Program {  // one process
    HostId host = HostId::client;
    std::string name;
    bool has_connection = false;  // it used a socket for more than waiting for connections
    bool was_told = false;
    bool frozen = false;
    End end = End::running;
    std::optional<TimePoint> last_write;  // when it began; one that ended after the failure
    std::vector<std::string> lines;
    std::string noticed;   // the last of on_notice()
    std::string repeated;  // the last line, while the same call goes on succeeding
    std::uint64_t repeats = 0;
  };

  Program& start(HostId host, std::uint32_t pid, std::string_view name);
  Program& program(HostId host, std::uint32_t pid, std::string_view name);
  void on_notice(const Notice& notice);
  void on_call(const CallNote& call);
  void on_process(const ProcessNote& process);
  void on_start(const ProcessNote& process);
  void on_timeline(const TimelineNote& note);
  [[nodiscard]] std::string since(const Program& who, const CallNote& call) const;
  [[nodiscard]] std::string since(const Program& who, TimePoint at, TimePoint began) const;
  static void add(Program& who, std::string line);
  static void add_repeatable(Program& who, std::string line);
  static void settle(Program& who);

  FailureWatch failure_;
  NoticeWatch notices_;
  std::vector<Program> programs_;                                   // by birth
  std::map<std::pair<HostId, std::uint32_t>, std::size_t> latest_;  // by pid: a rebooted host counts anew
};

}  // namespace halfopen
