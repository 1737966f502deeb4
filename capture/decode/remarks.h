// What a reader of a capture should know about it that no single packet says: kinds of packets, and how many
// there were of each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace halfopen {

enum class RemarkKind : std::uint8_t {
  unsupported,  // of an interface whose link type is not read: `id` is that, `detail` the interface's number
  // Inside a tunnel:
  ip_in_ip,
  gre,
  nvgre,   // `id` is the virtual subnet's
  erspan,  // the session's
  pptp,
  vxlan,   // the virtual network's
  geneve,  // the virtual network's
  gtp,
  mpls_in_ip,
  etherip,
};

class Remarks {
 public:
  // One more packet of a kind.
  void count(RemarkKind kind, std::uint32_t id = 0, std::uint32_t detail = 0);

  // A line for each kind, in order of appearance: "3 packets of interface 1 passed over: link type 6
  // (IEEE802) is not read", "7 packets inside VXLAN (vni 5)".
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  struct Entry {
    RemarkKind kind{};
    bool is_rest = false;  // whatever came when there were too many: has no id
    std::uint32_t id = 0;
    std::uint32_t detail = 0;
    std::uint64_t packets = 0;
  };
  static std::string line_of(const Entry& entry);

  std::vector<Entry> entries_;
  std::size_t last_ = 0;  // what was counted last: most likely the same again
};

}  // namespace halfopen
