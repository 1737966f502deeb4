#include "capture/decode/remarks.h"

#include <fmt/format.h>

#include <algorithm>

#include "capture/decode/link_layer.h"

namespace halfopen {
namespace {

constexpr std::size_t kMostLines = 32;  // a capture of a thousand tunnels is not told in a thousand lines

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
  switch (entry.kind) {
    case RemarkKind::unsupported: break;
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
