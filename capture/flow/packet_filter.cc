#include "capture/flow/packet_filter.h"

#include <pcap/pcap.h>

#include "sim/base/input_error.h"

namespace halfopen {
namespace {

constexpr int kSnapLength = 262'144;  // libpcap's largest

struct Close {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};

}  // namespace

void PacketFilter::Free::operator()(bpf_program* program) const {
  pcap_freecode(program);
  delete program;
}

PacketFilter::PacketFilter(const std::string& expression, const std::string& option)
    : program_{new bpf_program{}} {
  const std::unique_ptr<pcap_t, Close> handle{pcap_open_dead(DLT_RAW, kSnapLength)};
  if (!handle) throw std::bad_alloc{};
  if (pcap_compile(handle.get(), program_.get(), expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    throw InputError{option, "a filter as tcpdump takes it", pcap_geterr(handle.get())};
  }
}

bool PacketFilter::matches(std::span<const std::uint8_t> ip, std::uint32_t wire_size) const {
  pcap_pkthdr header{};
  header.caplen = static_cast<bpf_u_int32>(ip.size());
  header.len = wire_size;
  return pcap_offline_filter(program_.get(), &header, ip.data()) != 0;
}

}  // namespace halfopen
