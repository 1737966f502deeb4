#include "sim/drill/connection_map.h"

#include <algorithm>
#include <utility>

#include "sim/wire/segment.h"

namespace halfopen::drill {
namespace {

using script::TcpSpec;

bool is_syn(const TcpSpec& packet) { return (packet.flags.bits & tcp_flag::syn) != 0; }
bool is_ack(const TcpSpec& packet) { return (packet.flags.bits & tcp_flag::ack) != 0; }

using Options = std::vector<script::TcpOptionSpec>;

const script::TimestampOption* timestamp_of(const TcpSpec& packet) {
  const auto* options = std::get_if<Options>(&packet.options);
  if (options == nullptr) return nullptr;
  for (const script::TcpOptionSpec& option : *options)
    if (const auto* timestamp = std::get_if<script::TimestampOption>(&option)) return timestamp;
  return nullptr;
}
script::TimestampOption* timestamp_of(TcpSpec& packet) {
  return const_cast<script::TimestampOption*>(timestamp_of(std::as_const(packet)));
}

void shift_sack(TcpSpec& packet, std::uint32_t by) {
  auto* options = std::get_if<Options>(&packet.options);
  if (options == nullptr) return;
  for (script::TcpOptionSpec& option : *options) {
    auto* sack = std::get_if<script::Sack>(&option);
    if (sack == nullptr) continue;
    for (script::SackBlock& block : sack->blocks) {
      block.left += by;
      block.right += by;
    }
  }
}

}  // namespace

void ConnectionMap::socket() { begin_anew(); }

void ConnectionMap::begin_anew() {
  std::vector<FourTuple> past = std::move(past_);
  if (stage_ == Stage::open) past.push_back(live_);
  *this = {};
  past_ = std::move(past);
}

bool ConnectionMap::is_past(const FourTuple& live) const {
  return std::ranges::find(past_, live) != past_.end();
}

void ConnectionMap::connect(const SocketAddress& remote) {
  stage_ = Stage::connecting;
  is_active_ = true;
  live_.remote = remote;
}

void ConnectionMap::open_passively(const FourTuple& live, const TcpSpec& first) {
  begin_anew();
  stage_ = Stage::open;
  live_ = live;
  remote_isn_ = first.seq.start.value_or(0);
}

void ConnectionMap::expect(const TcpSpec& packet) {
  const bool is_first = is_active_ ? stage_ == Stage::connecting : !isn_known_;
  if (is_syn(packet) && is_first) script_isn_ = packet.seq.start.value_or(0);
}

bool ConnectionMap::takes(const FourTuple& live, const TcpSpec& packet) {
  if (stage_ == Stage::connecting) {
    if (!is_syn(packet) || is_ack(packet) || live.remote != live_.remote || is_past(live)) return false;
    stage_ = Stage::open;
    live_ = live;
    local_isn_ = packet.seq.start.value_or(0);
    isn_known_ = true;
  }
  if (stage_ != Stage::open || live != live_) return false;
  if (!isn_known_ && is_syn(packet) && is_ack(packet)) {
    local_isn_ = packet.seq.start.value_or(0);
    isn_known_ = true;
  }
  last_sent_ = packet.seq.start.value_or(0);
  return true;
}

void ConnectionMap::open_datagrams(const FourTuple& live) {
  if (stage_ == Stage::open) return;
  if (stage_ != Stage::connecting) live_.remote = live.remote;
  live_.local = live.local;
  stage_ = Stage::open;
}

bool ConnectionMap::takes_datagram(const FourTuple& live) {
  if (stage_ == Stage::connecting && live.remote == live_.remote && !is_past(live)) {
    stage_ = Stage::open;
    live_ = live;
  }
  return stage_ == Stage::open && live == live_;
}

TcpSpec ConnectionMap::to_live(const TcpSpec& packet) {
  const bool syn = is_syn(packet);
  if (is_active_ && syn && is_ack(packet)) remote_isn_ = packet.seq.start.value_or(0);
  TcpSpec live = packet;
  if (!live.ports) live.ports = script::Ports{};
  if (live.ports->source == 0) live.ports->source = live_.remote.port;
  if (live.ports->destination == 0) live.ports->destination = live_.local.port;
  if (live.seq.start && !live.seq.is_absolute) *live.seq.start += remote_offset(syn);
  if (!is_ack(packet)) return live;
  live.ack = live.ack.value_or(0) + local_offset(syn);
  shift_sack(live, local_offset(syn));
  script::TimestampOption* timestamp = timestamp_of(live);
  if (timestamp == nullptr || timestamp->is_ecr_absolute) return live;
  if (const auto known = timestamps_.find(timestamp->ecr); known != timestamps_.end()) {
    timestamp->ecr = known->second;
  } else if (first_timestamp_) {
    unknown_echo_ = timestamp->ecr;
    timestamp->ecr += first_timestamp_->live - first_timestamp_->script;
  } else {
    unknown_echo_ = timestamp->ecr;
  }
  return live;
}

std::uint32_t ConnectionMap::quoted_to_live(const script::TcpSequence& seq) const {
  return seq.start.value_or(0) + (seq.is_absolute ? 0 : local_isn_);
}

TcpSpec ConnectionMap::to_script(TcpSpec packet, const TcpSpec* expected) {
  const bool syn = is_syn(packet);
  if (expected != nullptr) note_timestamp(packet, *expected);
  packet.ports.reset();
  const bool is_absolute = expected != nullptr && expected->seq.is_absolute;
  packet.seq.is_absolute = is_absolute;
  if (packet.seq.start && !is_absolute) *packet.seq.start -= local_offset(syn);
  if (packet.ack) *packet.ack -= remote_offset(syn);
  shift_sack(packet, -remote_offset(syn));
  if (script::TimestampOption* timestamp = timestamp_of(packet); timestamp != nullptr && first_timestamp_)
    timestamp->val = timestamp->val.value_or(0) - first_timestamp_->live + first_timestamp_->script;
  return packet;
}

void ConnectionMap::note_timestamp(const TcpSpec& actual, const TcpSpec& expected) {
  const script::TimestampOption* live = timestamp_of(actual);
  const script::TimestampOption* wanted = timestamp_of(expected);
  if (live == nullptr || wanted == nullptr || !live->val || !wanted->val) return;
  timestamps_[*wanted->val] = *live->val;
  if (!first_timestamp_) first_timestamp_ = FirstTimestamp{.script = *wanted->val, .live = *live->val};
}

std::optional<std::uint32_t> ConnectionMap::take_unknown_echo() {
  return std::exchange(unknown_echo_, std::nullopt);
}

}  // namespace halfopen::drill
