// The window we offer (RFC 9293 section 3.8.6.2.2): how large it may be, what of it the peer still sees, and
// how the buffer behind it grows. Two ways: what is free of the buffer (Berkeley, the RFCs), or the memory
// that is left by what packets cost, slow-started by rcv_ssthresh (Linux). When it is told is for others to
// say.
#pragma once

#include <cstdint>

#include "sim/base/time.h"
#include "sim/tcp/profile.h"
#include "sim/wire/seq.h"

namespace halfopen {

class ReceiveWindow {
 public:
  // `buffer`: bytes, as the OS counts them (SO_RCVBUF).
  explicit ReceiveWindow(std::uint32_t buffer) : buffer_{buffer} {}

  // What lies in the receive queue.
  struct Held {
    std::uint32_t readable = 0;  // bytes
    std::uint32_t truesize = 0;  // memory that is counted for them
  };
  struct Opening {
    std::uint32_t mss = 0;               // of the peer's segments, as far as it is known
    std::uint32_t clamp = 0;             // what the process or the route allows, bytes; 0: no limit
    std::uint32_t initial_segments = 0;  // of the first window, at most; 0: no limit
    std::uint32_t round_to = 0;          // the buffer is rounded up to such segments, bytes; 0: it is not
    bool is_fixed = false;               // the process chose the buffer: it will not grow
    bool scales = false;                 // the option may be offered, or was
  };

  // --- Its life
  // Before the first SYN leaves, or as one comes.
  void open(const WindowProfile& profile, const Opening& opening);
  // At establishment, when both MSS are known: `adv_mss` is the most data in a segment of the peer's, beside
  // its timestamps. `scaled`: both ends scale.
  void settle(const WindowProfile& profile, TimePoint now, std::uint32_t adv_mss, bool scaled);
  // Up to whole segments, where the OS does so.
  void round_buffer(std::uint32_t mss);
  void stop_scaling() { scale_ = 0; }
  void assume_segment(std::uint32_t mss) { rcv_mss_ = mss; }
  // Data arrived, which is not in the queue yet if it is out of order (net/ipv4/tcp_input.c tcp_grow_window,
  // tcp_measure_rcv_mss). `segment`: as long as the peer's segments are; 0: it does not tell. True if it may
  // open further.
  struct Data {
    std::uint32_t length = 0;
    std::uint32_t truesize = 0;
    std::uint32_t segment = 0;
  };
  bool grow(const WindowProfile& profile, const Data& data, const Held& held, std::uint32_t adv_mss);
  // A segment of `length` bytes that is let in echoes `echo`, and the clock of our timestamps, whose step is
  // `step`, shows `now`: a sample of the round trip, if it is a full one and the first with that echo
  // (tcp_rcv_rtt_measure_ts).
  void on_echo(const WindowProfile& profile, TsVal echo, TsVal now, Duration step, std::uint32_t length);
  // Data came in order, up to RCV.NXT: a window of it takes a round trip at least (tcp_rcv_rtt_measure).
  void on_in_order(const WindowProfile& profile, TimePoint now, Seq nxt);
  // A reader took `count` bytes, of one packet after the other, and left `unread`: once a round trip the
  // buffer follows what was read up to and with the first of the packets (tcp_rcv_space_adjust, called for
  // each).
  struct Read {
    std::uint32_t count = 0;
    std::uint32_t of_first = 0;
    std::uint32_t unread = 0;
  };
  void on_read(const WindowProfile& profile, TimePoint now, const Read& read, std::uint32_t adv_mss,
               bool is_fixed);
  // TCP_WINDOW_CLAMP (net/ipv4/tcp.c tcp_set_window_clamp).
  void set_clamp(std::uint32_t clamp);
  // Room for a window of so many bytes, for which a reader waits (net/ipv4/tcp.c tcp_set_rcvlowat).
  void make_room(const WindowProfile& profile, std::uint32_t window);
  // A segment that acknowledges `nxt` tells of `window` bytes.
  void advertise(std::uint32_t window) { advertised_ = window; }
  void acknowledge(Seq nxt) { acknowledged_ = nxt; }

  // --- What it is, in bytes
  // What the peer still sees of it, from RCV.NXT on.
  [[nodiscard]] std::uint32_t visible(Seq nxt) const {
    const std::uint32_t used = distance(acknowledged_, nxt);
    return advertised_ > used ? advertised_ - used : 0;
  }
  // To advertise from RCV.NXT; the right edge never moves back (RFC 9293 section 3.8.6).
  [[nodiscard]] std::uint32_t choose(const WindowProfile& profile, Seq nxt, const Held& held,
                                     std::uint32_t send_mss) const;
  // The same without that promise, by memory (net/ipv4/tcp_output.c __tcp_select_window).
  [[nodiscard]] std::uint32_t by_memory(const Held& held) const;
  // Less than half of it is left.
  [[nodiscard]] bool is_scarce(const Held& held) const;
  // What the buffer has room for.
  [[nodiscard]] std::uint32_t room(const Held& held) const {
    return buffer_ > held.readable ? buffer_ - held.readable : 0;
  }
  [[nodiscard]] std::uint32_t advertised() const { return advertised_; }  // last: RCV.WND then
  [[nodiscard]] Seq acknowledged() const { return acknowledged_; }        // RCV.NXT then: the last ACK sent
  [[nodiscard]] std::uint32_t buffer() const { return buffer_; }
  [[nodiscard]] std::uint32_t clamp() const { return clamp_; }
  [[nodiscard]] std::uint32_t ssthresh() const { return ssthresh_; }
  [[nodiscard]] std::uint32_t rcv_mss() const { return rcv_mss_; }  // the peer's segments as estimated
  [[nodiscard]] std::uint8_t scale() const { return scale_; }
  // The round trip as the receiver sees it; zero: no sample.
  [[nodiscard]] Duration round_trip() const { return std::chrono::microseconds{rtt_ / 8}; }

 private:
  [[nodiscard]] std::uint32_t payload_of(std::uint64_t memory) const {
    return static_cast<std::uint32_t>(memory * ratio_ / 256);
  }
  [[nodiscard]] std::uint32_t free(const Held& held) const {
    return buffer_ > held.truesize ? payload_of(buffer_ - held.truesize) : 0;
  }
  [[nodiscard]] std::uint32_t by_space(const Held& held, std::uint32_t send_mss) const;
  void measure(const WindowProfile& profile, const Data& data);
  void end_round(const WindowProfile& profile, std::uint32_t unread, std::uint32_t adv_mss, bool is_fixed);
  void take_round_trip(const WindowProfile& profile, Duration sample, bool by_window);
  // Times of a window's passing, in steps that fit 32 bits for 19 hours.
  static constexpr Duration kStep = std::chrono::microseconds{16};
  static std::uint32_t steps(TimePoint now) { return static_cast<std::uint32_t>((now - kTimeZero) / kStep); }

  TimePoint round_since_{};          // of autotuning
  std::uint32_t rtt_ = 0;            // microseconds, times eight
  std::uint32_t passing_since_ = 0;  // steps; 0: no window passes
  Seq passed_at_;
  TsVal last_echo_;
  Seq acknowledged_;
  std::uint32_t advertised_ = 0;
  std::uint32_t buffer_;
  std::uint32_t clamp_ = 0;
  std::uint32_t ssthresh_ = 0;
  std::uint32_t rcv_mss_ = 0;
  std::uint32_t read_ = 0;  // bytes, in this round
  std::uint32_t read_before_ = 0;
  std::uint16_t ratio_ = 128;  // bytes of payload in memory, in 256ths
  std::uint8_t scale_ = 0;
};

}  // namespace halfopen
