// Opening with data in the SYN (RFC 7413), from both sides. An endpoint without it has no FastOpenState.
#include <algorithm>

#include "sim/tcp/endpoint.h"

namespace halfopen {
namespace {

// Options that middleboxes may add to a SYN need room (net/ipv4/tcp_output.c tcp_send_syn_data:
// MAX_TCP_OPTION_SPACE; netinet/tcp_output.c).
constexpr std::uint32_t kOptionRoom = TcpOptions::kMaxBytes;
// Timeouts in a row before SYNs with Fast Open are taken to be lost for their option or data
// (net/ipv4/tcp_fastopen.c tcp_fastopen_active_detect_blackhole).
constexpr std::uint8_t kBlackholeTimeouts = 2;

}  // namespace

// --- The client

std::size_t Endpoint::connect_fast(TimePoint now, std::span<const std::uint8_t> bytes) {
  const FastOpenProfile& rule = os().fast_open;
  const FastOpenCache::Choice choice =
      env_->fast_open.choose(now, rule, addresses_.remote, options_.fast_open_no_cookie);
  fast_open_ = std::make_unique<FastOpenState>();
  FastOpenState& fast = *fast_open_;
  fast.option = choice.option;
  fast.asked = choice.option.has_value();
  fast.asked_experimental = fast.asked && choice.option->experimental;
  fast.after_blackhole = choice.after_blackhole;
  if (fast.asked && !choice.may_send_data) fast.failure = FastOpenFailure::cookie_unavailable;
  connect(now);
  const std::uint32_t mss =
      choice.mss != 0 ? std::min<std::uint32_t>(choice.mss, offered_mss()) : offered_mss();
  const std::size_t room = choice.may_send_data ? mss - std::min(mss, kOptionRoom) : 0;
  const std::size_t in_syn = std::min(room, bytes.size());
  // Where sendto() itself connects, it has queued all that fits; elsewhere the rest is written later.
  const std::size_t taken =
      rule.calls.value == FastOpenCalls::implied ? std::min(bytes.size(), write_space()) : in_syn;
  send_.append(env_->pool, bytes.first(taken));
  push_end_ = iss_ + 1 + send_.size();
  if (in_syn == 0) return taken;
  fast.sent_data = true;
  const auto length = static_cast<std::uint32_t>(in_syn);
  board_.append(
      {.sent = now, .first_sent = now, .start = snd_nxt_, .length = length, .flags = SentSegment::psh});
  snd_nxt_ += length;
  return taken;
}

// The first SYN takes the data along; what is sent again goes without (RFC 7413 section 4.2.1).
void Endpoint::add_syn_data(Packet& out) {
  if (state_ != State::syn_sent || !fast_open_->sent_data || board_.front().transmissions > 1) return;
  board_.note_sent(1, board_.front().sent);
  out.segment()->payload = send_.slice(env_->pool, 0, board_[1].length);
}

// The SYN-ACK told whether the data in the SYN was taken; what was not goes out again at once, and the
// congestion window stays (net/ipv4/tcp_input.c tcp_rcv_fastopen_synack). True if there is such data.
bool Endpoint::take_fast_open_answer(TimePoint now, const Segment& syn_ack) {
  FastOpenState& fast = *fast_open_;
  const std::optional<FastOpenOption> given = valid_fast_open(syn_ack.options);
  const bool retried = total_retransmissions_ > 0;
  const bool each_time = os().fast_open.cookie_each_time;
  const bool has_cookie = given && !given->cookie.empty();
  FastOpenCache::Lesson lesson{
      .mss = syn_ack.options.mss().value_or(default_mss()),
      .given = {},
      .refused = fast.asked && (each_time ? !has_cookie : !given && !retried && !fast.sent_data),
      .asked_experimental = fast.asked_experimental};
  if (fast.asked && has_cookie) lesson.given = given;
  env_->fast_open.learn(now, os().fast_open, addresses_.remote, lesson);
  if (!fast.sent_data) return false;
  fast.data_acked = board_.empty();
  if (fast.data_acked) {
    --delivered_;  // with the SYN it was one packet
    return false;
  }
  fast.failure = retried ? FastOpenFailure::syn_retransmitted : FastOpenFailure::data_not_acked;
  repair_.on_syn_data_lost(around(now));
  return true;
}

// A timeout of a connection that was opened with it: `over` if it is the last.
void Endpoint::look_for_blackhole(TimePoint now, bool over) {
  const FastOpenState& fast = *fast_open_;
  if (!fast.asked && !fast.sent_data && !fast.data_acked) return;
  const bool found =
      patience_.expiries() == kBlackholeTimeouts || (patience_.expiries() < kBlackholeTimeouts && over);
  if (found) env_->fast_open.found_blackhole(now, os().fast_open);
}

// --- The server

// The connection is in use from the SYN on: its data is taken, and what the process writes leaves before the
// SYN-ACK is acknowledged (net/ipv4/tcp_fastopen.c tcp_fastopen_create_child).
void Endpoint::begin_early(TimePoint now, const Arrival& syn) {
  fast_open_->early = true;
  // The SYN-ACK counts neither in the congestion window nor in the peer's, which begins behind it.
  board_.make_front_weightless();
  snd_wnd_ = std::uint32_t{syn.segment.window} + 1;
  begin_transfer(now, false);
  const std::uint32_t size = syn.segment.payload.size();
  if (size == 0) return;
  fast_open_->data_acked = true;
  Payload payload = syn.segment.payload;
  receive_.append(std::move(payload), charged_truesize(syn));
  rcv_nxt_ += size;
  window_.acknowledge(rcv_nxt_);
}

}  // namespace halfopen
