// libpcap's filter language (pcap-filter(7)) over IP packets: "host 10.0.0.2 and tcp port 80".
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

struct bpf_program;

namespace halfopen {

class PacketFilter {
 public:
  // Throws InputError, with `option` for its place and libpcap's words, for an expression that is none or
  // asks for what an IP packet without its link layer does not have ("ether host ...").
  explicit PacketFilter(const std::string& expression, const std::string& option = "--connection");

  // `ip` is a packet from its IP header on, or its head if a snap length cut it; `wire_size` is what it was.
  [[nodiscard]] bool matches(std::span<const std::uint8_t> ip, std::uint32_t wire_size) const;

 private:
  struct Free {
    void operator()(bpf_program* program) const;
  };
  std::unique_ptr<bpf_program, Free> program_;
};

}  // namespace halfopen
