// When what arrived is acknowledged (RFC 9293 section 3.8.6.3), in the ways of the stacks: each second
// segment, with the fast tick, or Linux's quick and delayed ACKs. It says that an ACK is due, or how long one
// may wait; its owner sends it and keeps the timer.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/base/time.h"
#include "sim/tcp/profile.h"
#include "sim/why/why.h"
#include "sim/wire/seq.h"

namespace halfopen {

class AckPolicy {
 public:
  // `delays`: the socket asked for no quick ACKs (TCP_QUICKACK 0) before there was a connection.
  explicit AckPolicy(bool delays) : pingpong_{delays} {}

  // --- What its rules look at beside what arrived
  struct Clock {
    TimePoint jiffy;         // the tick that is now
    Duration tick{};         // from one to the next; all that follows but receive_rtt and due are whole ticks
    TimePoint due = kNever;  // when the delayed-ACK timer fires; kNever: it does not run
    Duration rto{};
    Duration receive_rtt{};        // as the receiver sees it; zero: no sample
    std::optional<Duration> srtt;  // none without a sample
    Duration most{};               // no ACK waits longer than that, whatever the rules say
  };
  struct Data {
    std::uint32_t length = 0;          // bytes that are new
    bool pushed = false;               // PSH
    std::uint32_t segment = 0;         // the peer's segments as estimated (rcv_mss), bytes
    std::uint32_t advertised = 0;      // the window last advertised, bytes
    std::uint32_t unacknowledged = 0;  // bytes from the last ACK sent to RCV.NXT
    bool window_holds = false;         // what would be offered now is no less than that
    bool ends = false;                 // with a FIN, after which the process is expected to close
    bool window_grew = false;          // the segment let it grow (net/ipv4/tcp_input.c tcp_grow_window)
  };

  // --- What arrives. Each returns for how long the delayed-ACK timer is to be set, if it is.
  // In order.
  std::optional<Duration> on_data(const AckProfile& profile, const Data& data, const Clock& clock);
  // A FIN, of which Linux's process is expected to close soon. `first`: no data came before.
  std::optional<Duration> on_lazy_fin(const AckProfile& profile, bool first, const Clock& clock);
  // The SYN-ACK, whose ACK waits for a write to ride on.
  std::optional<Duration> on_awaited_write(const AckProfile& profile, const Clock& clock);
  // What shows that the sender missed our ACKs: those that follow are quick.
  void on_repetition(const AckProfile& profile);
  // Beyond a hole; RCV.NXT is `next`. Returns for how long an ACK for all that comes until then may wait, a
  // time that no tick rounds (net/ipv4/tcp_input.c __tcp_ack_snd_check).
  std::optional<Duration> on_out_of_order(const AckProfile& profile, bool sack, Seq next, const Clock& clock);
  // A sender that probably sent again and waits (net/ipv4/tcp_input.c tcp_enter_quickack_mode).
  void enter_quick(const AckProfile& profile);
  // The delayed-ACK timer ran out. `rto`: of whole ticks.
  void on_timer(const AckProfile& profile, Duration rto);
  // The reader took what there was. `emptied`: nothing is left. True if it is for that that an ACK goes now.
  bool on_read(bool emptied, std::uint32_t unacknowledged, std::uint32_t segment);
  // TCP_QUICKACK while receiving: what is owed is paid as if something had been pushed.
  void set_quick(std::int64_t value, bool receives, bool emptied, std::uint32_t unacknowledged,
                 std::uint32_t segment);

  // --- What leaves
  void now(Cause why) {
    pending_ = true;
    cause_ = why;
  }
  void start(TimePoint jiffy) { last_data_ = jiffy; }
  void forget() { pending_ = owed_ = false; }
  // A segment with the ACK bit left: it pays what is owed.
  void on_ack_sent(const AckProfile& profile);
  // Data left in answer to data: an interactive exchange, in which the next ACK can ride on data.
  void on_data_sent(TimePoint jiffy) {
    if (jiffy - last_data_ < ato_) pingpong_ = true;
  }
  // The window grew: the sender is to know (net/ipv4/tcp_input.c tcp_grow_window).
  void on_window_growth() { quick_ |= 1; }
  // The window got so small that quick ACKs are no use (net/ipv4/tcp_output.c __tcp_select_window).
  void stop_quick() { quick_ = 0; }
  // Why the next ACK goes; asked once.
  Cause take_cause();
  // The SYN-ACK goes again for its SYN.
  void note_syn_again() { cause_ = Cause::syn_again; }

  [[nodiscard]] bool is_pending() const { return pending_; }  // an ACK goes now
  [[nodiscard]] bool is_owed() const { return owed_; }        // or with the next segment, or by the timer
  [[nodiscard]] bool is_quick() const { return !pingpong_; }  // TCP_QUICKACK
  [[nodiscard]] Duration ato() const { return ato_; }
  // In which tick data came last, else when it was established.
  [[nodiscard]] TimePoint last_data() const { return last_data_; }

 private:
  std::optional<Duration> on_data_quickack(const AckProfile& profile, const Data& data, const Clock& clock);
  std::optional<Duration> delay(const AckProfile& profile, const Clock& clock);
  std::optional<Duration> wait_for(Duration wait, const Clock& clock);
  bool pay(bool emptied, std::uint32_t unacknowledged, std::uint32_t segment);
  void raise_quick(std::uint32_t count);
  void set_ato(Duration ato);

  // In small types, since there is one for every connection; a tick is some microseconds.
  using Micros = std::chrono::duration<std::uint32_t, std::micro>;
  static std::uint32_t micros(TimePoint at) {
    return static_cast<std::uint32_t>((at - kTimeZero) / std::chrono::microseconds{1});
  }
  TimePoint last_data_{};
  Micros ato_{};               // Linux's adaptive delayed-ACK timeout, of whole ticks
  std::uint32_t expires_ = 0;  // micros() that the timer was set to; the wheel fires a tick later or more
  Seq repeated_at_;
  std::uint8_t quick_ = 0;
  std::uint8_t held_segments_ = 0;  // received since the last ACK, or those that a compressed one waits for
  Cause cause_ = Cause::unknown;
  bool pending_ : 1 = false;
  bool owed_ : 1 = false;
  bool pingpong_ : 1;
  bool pushed_ : 1 = false, pushed_twice_ : 1 = false;
  bool compresses_ : 1 = false;    // an ACK waits for more out-of-order data
  std::uint8_t repeated_ : 2 = 0;  // ACKs of it with the number `repeated_at_` that went at once
};

}  // namespace halfopen
