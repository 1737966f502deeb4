// Proportional rate reduction (RFC 6937): how much may leave for what arrives while the congestion window
// falls. In the units of the congestion window.
#pragma once

#include <algorithm>
#include <cstdint>

namespace halfopen {

class Prr {
 public:
  // A reduction begins, from so much (RecoverFS; Linux's prior_cwnd).
  void begin(std::uint32_t prior) {
    prior_ = std::max(prior, 1u);
    delivered_ = out_ = 0;
  }
  void on_sent(std::uint32_t units) { out_ += units; }

  struct Ack {
    std::uint32_t delivered = 0;  // by this ACK, more than zero
    std::uint32_t in_flight = 0;
    std::uint32_t ssthresh = 0;
    std::uint32_t segment = 1;
    bool advanced_clean = false;  // SND.UNA moved, and no other loss came to light
  };
  // What the ACK lets go: the first time a segment, whatever is allowed.
  std::uint32_t allow(const Ack& ack) {
    delivered_ += ack.delivered;
    std::uint32_t send = 0;
    if (ack.in_flight > ack.ssthresh) {
      const std::uint64_t share = (std::uint64_t{delivered_} * ack.ssthresh + prior_ - 1) / prior_;
      send = share > out_ ? static_cast<std::uint32_t>(share) - out_ : 0;
    } else {
      std::uint32_t limit = std::max(delivered_ > out_ ? delivered_ - out_ : 0, ack.delivered);
      if (ack.advanced_clean) limit += ack.segment;
      send = std::min(ack.ssthresh - ack.in_flight, limit);
    }
    return out_ == 0 ? std::max(send, ack.segment) : send;
  }

 private:
  std::uint32_t delivered_ = 0, out_ = 0, prior_ = 1;
};

}  // namespace halfopen
