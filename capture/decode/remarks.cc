#include "capture/decode/remarks.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "capture/decode/link_layer.h"

namespace halfopen {
namespace {

constexpr std::size_t kMostLines = 32;  // a capture of a thousand tunnels is not told in a thousand lines

struct Tunnel {
  std::string_view name;
  std::string_view id;  // what its number is called, if it has one
};

Tunnel tunnel_of(RemarkKind kind) {
  switch (kind) {
    case RemarkKind::ip_in_ip: return {"IP in IP", {}};
    case RemarkKind::gre: return {"GRE", {}};
    case RemarkKind::nvgre: return {"NVGRE", "vsid"};
    case RemarkKind::erspan: return {"ERSPAN", "session"};
    case RemarkKind::pptp: return {"PPTP", {}};
    case RemarkKind::vxlan: return {"VXLAN", "vni"};
    case RemarkKind::geneve: return {"Geneve", "vni"};
    case RemarkKind::gtp: return {"GTP-U", {}};
    case RemarkKind::mpls_in_ip: return {"MPLS in IP", {}};
    case RemarkKind::etherip: return {"EtherIP", {}};
    case RemarkKind::unsupported: break;
  }
  return {};
}

}  // namespace

void Remarks::count(RemarkKind kind, std::uint32_t id, std::uint32_t detail) {
  const auto is_it = [&](const Entry& entry) {
    return entry.kind == kind && (entry.is_rest || (entry.id == id && entry.detail == detail));
  };
  if (last_ >= entries_.size() || !is_it(entries_[last_])) {
    last_ = static_cast<std::size_t>(std::ranges::find_if(entries_, is_it) - entries_.begin());
    if (last_ == entries_.size()) {
      entries_.push_back({.kind = kind, .is_rest = last_ >= kMostLines, .id = id, .detail = detail});
    }
  }
  ++entries_[last_].packets;
}

std::string Remarks::line_of(const Entry& entry) {
  const std::string packets = fmt::format("{} packet{}", entry.packets, entry.packets == 1 ? "" : "s");
  const Tunnel tunnel = tunnel_of(entry.kind);
  if (!tunnel.name.empty()) {
    if (tunnel.id.empty()) return fmt::format("{} inside {}", packets, tunnel.name);
    if (entry.is_rest) return fmt::format("{} inside {} of other numbers", packets, tunnel.name);
    return fmt::format("{} inside {} ({} {})", packets, tunnel.name, tunnel.id, entry.id);
  }
  if (entry.is_rest) return packets + " of other interfaces passed over: their link types are not read";
  return fmt::format("{} of interface {} passed over: {} is not read", packets, entry.detail,
                     describe_link_type(entry.id));
}

std::vector<std::string> Remarks::lines() const {
  std::vector<std::string> lines;
  for (const Entry& entry : entries_) lines.push_back(line_of(entry));
  return lines;
}

}  // namespace halfopen
