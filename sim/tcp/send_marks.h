// What a process attaches to bytes that it writes: where a record ends (MSG_EOR), and of which bytes it wants
// to hear when they leave or are acknowledged (SO_TIMESTAMPING, MSG_ZEROCOPY). An endpoint makes one when it
// is first needed.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/base/ring.h"
#include "sim/base/time.h"
#include "sim/wire/seq.h"

namespace halfopen {

// What the error queue of a socket gives (include/uapi/linux/errqueue.h).
struct SendReport {
  enum class What : std::uint8_t { zero_copy, scheduled, sent, acknowledged };
  What what = What::zero_copy;
  TimePoint at;             // when it happened
  std::uint32_t first = 0;  // zero_copy: the first and the last call, by number from 0
  std::uint32_t last = 0;   // else both are the byte, counted from where the reports were asked for
};

// Which of them a write asks for; bits.
namespace send_watch {
inline constexpr std::uint8_t scheduled = 1;
inline constexpr std::uint8_t sent = 2;
inline constexpr std::uint8_t acknowledged = 4;
inline constexpr std::uint8_t zero_copy = 8;
inline constexpr std::uint8_t all = 15;
}  // namespace send_watch

class SendMarks {
 public:
  // No segment has bytes from both sides of `end`. Ends come in order.
  void end_record(Seq end);
  // The first end of a record behind `from`; nullopt if none is known.
  [[nodiscard]] std::optional<Seq> record_end_behind(Seq from) const;

  // Bytes that are reported on are numbered from here, 0 being the first.
  void count_from(Seq base) { base_ = base; }
  [[nodiscard]] std::uint32_t number_of(Seq end) const { return distance(base_, end) - 1; }
  // The bytes before `end` are to be reported on, as `wants` has it, under `number`. Ends come in order.
  void watch(Seq end, std::uint8_t wants, std::uint32_t number);
  // A call with MSG_ZEROCOPY wrote the bytes from `start` to `end`. Two such calls share no segment
  // (net/core/skbuff.c skb_zerocopy_iter_stream).
  void watch_zero_copy(Seq start, Seq end);

  // Everything before `end` has been sent; has been acknowledged. True if there is something new to report.
  bool on_sent(TimePoint now, Seq end);
  bool on_acked(TimePoint now, Seq una);

  // The reports, oldest first.
  [[nodiscard]] bool has_reports() const { return !reports_.empty(); }
  std::optional<SendReport> take_report();

 private:
  struct Watch {
    Seq end;
    std::uint32_t number = 0;
    std::uint8_t wants = 0;
    bool sent = false;
  };
  void report_zero_copy(TimePoint now, std::uint32_t call);

  Seq base_;
  Ring<Seq> records_;  // ends, in order
  Ring<Watch> watches_;
  Ring<SendReport> reports_;
  std::optional<Seq> zero_copy_end_;  // of the last such call
  std::uint32_t zero_copies_ = 0;
};

}  // namespace halfopen
