#include "capture/note/names.h"

#include <algorithm>

namespace halfopen {

void Names::add(const IpAddress& address, std::string name) {
  const bool is_known = std::ranges::find(entries_, address, &Entry::address) != entries_.end();
  if (!is_known && entries_.size() < kMaxNames) entries_.push_back({address, std::move(name)});
}

std::string Names::of(const IpAddress& address) const {
  const auto entry = std::ranges::find(entries_, address, &Entry::address);
  return entry != entries_.end() ? entry->name : address.to_string();
}

std::string Names::of(const SocketAddress& end) {
  const auto entry = std::ranges::find(entries_, end.ip, &Entry::address);
  if (entry == entries_.end()) return to_string(end);
  if (entry->port == 0 && !shows_every_port_) entry->port = end.port;
  return entry->port == end.port ? entry->name : entry->name + "." + std::to_string(end.port);
}

std::vector<std::pair<IpAddress, std::string>> Names::all() const {
  std::vector<std::pair<IpAddress, std::string>> all;
  for (const Entry& entry : entries_) all.emplace_back(entry.address, entry.name);
  return all;
}

std::string to_string(const SocketAddress& end) {
  return end.ip.to_string() + "." + std::to_string(end.port);
}

}  // namespace halfopen
