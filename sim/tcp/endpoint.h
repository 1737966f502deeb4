// One end of a TCP connection (RFC 9293), sans-IO: facts come in as arguments, wishes go out by polling. It
// owns no clock, socket, thread or callback, and knows nothing of crashes, processes or paths.
//
// Contract: `now` never runs backwards. After every input (on_*, connect, write, ...) the owner polls until
// there is nothing left: poll_event(), which also tells what poll_segment() did, and poll_segment(). Then it
// asks for next_deadline(). An endpoint in CLOSED is finished: the owner reads its error and lets it go.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "sim/base/ring.h"
#include "sim/base/time.h"
#include "sim/tcp/acc_ecn.h"
#include "sim/tcp/ack_policy.h"
#include "sim/tcp/congestion.h"
#include "sim/tcp/ecn.h"
#include "sim/tcp/endpoint_event.h"
#include "sim/tcp/fast_open.h"
#include "sim/tcp/gatekeeper.h"
#include "sim/tcp/host_counters.h"
#include "sim/tcp/limited_time.h"
#include "sim/tcp/patience.h"
#include "sim/tcp/profile.h"
#include "sim/tcp/receive_queue.h"
#include "sim/tcp/receive_window.h"
#include "sim/tcp/repair.h"
#include "sim/tcp/reset.h"
#include "sim/tcp/route_metrics.h"
#include "sim/tcp/rtt.h"
#include "sim/tcp/scoreboard.h"
#include "sim/tcp/send_marks.h"
#include "sim/tcp/send_plan.h"
#include "sim/tcp/send_queue.h"
#include "sim/tcp/socket_options.h"
#include "sim/tcp/tick_clock.h"
#include "sim/tcp/timer_set.h"
#include "sim/tcp/write_pieces.h"
#include "sim/why/state.h"
#include "sim/why/why.h"
#include "sim/wire/packet.h"

namespace halfopen {

// What the endpoints of one host share. Outlives them.
struct EndpointEnv {
  const OsProfile& profile;
  const ResetRules& resets;
  const TickClock& clock;
  BlockPool& pool;
  EventPool events;  // where each endpoint keeps its own
  bool wants_timer_events = false;
  std::uint16_t next_ip_id = 1;  // IpIdPolicy::global_counter, and of packets of no connection
  FastOpenCache fast_open{};
  RouteMetrics route{};  // there is one route to everywhere
  HostCounters counters{};
  bool device_is_full = false;  // its queue drops what is sent, and says so
};

// What is fixed when a connection is born.
struct EndpointBirth {
  FourTuple addresses;
  Seq iss;                      // initial send sequence number
  std::uint32_t ts_offset = 0;  // added to the timestamp clock
  std::uint16_t ip_id = 0;      // first IP ID, IpIdPolicy::per_connection
  std::uint16_t mtu = 1500;     // of the device
};

// A segment and what its arrival costs and tells beside its bytes.
struct Arrival {
  const Segment& segment;
  std::uint32_t truesize = 0;      // what the device charges for it; 0: the profile's value
  std::uint8_t traffic_class = 0;  // which a reset may copy
  std::uint16_t merged_of = 0;     // see Packet
};

// What send(2)'s flags ask of what is written.
struct WriteFlags {
  bool ends_record = false;  // MSG_EOR
  bool more = false;         // MSG_MORE: a small segment waits for the next write
  bool zero_copy = false;    // MSG_ZEROCOPY
  bool urgent = false;       // MSG_OOB: its last byte is the urgent one
  bool waits = false;        // the writer will come again with what was not taken
};

// What recv(2) with MSG_OOB finds.
enum class UrgentRead : std::uint8_t {
  none,   // no urgent byte, or it was read before
  later,  // announced and not there
  end,    // and it will not come
  byte,
};

class Endpoint {
 public:
  // `env` outlives the endpoint.
  Endpoint(EndpointEnv& env, const EndpointBirth& birth, const SocketOptions& options);
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;
  ~Endpoint() { env_->events.clear(events_); }

  // --- In: the network
  // What the owner must do after on_segment().
  enum class Verdict : std::uint8_t {
    done,
    reopen,  // a SYN that may take over this TIME_WAIT: drop the endpoint, give the segment to the listener
  };
  Verdict on_segment(TimePoint now, const Arrival& arrival);
  // An ICMP error about one of our segments. `mtu` is that of fragmentation_needed.
  void on_icmp(TimePoint now, IcmpKind kind, Seq quoted, std::uint32_t mtu);
  // Fires every timer due at or before `now`, in enum order.
  void on_deadline(TimePoint now);

  // --- In: the process
  void connect(TimePoint now);  // CLOSED: active open
  // CLOSED: active open with Fast Open. Returns how many of `bytes` were taken: what the SYN carries, or
  // where the OS queues as it connects what the send buffer takes.
  std::size_t connect_fast(TimePoint now, std::span<const std::uint8_t> bytes);
  // CLOSED: a SYN met a listener, which gave `reply`.
  void open_passively(TimePoint now, const Arrival& syn, const FastOpenReply& reply = {});
  // CLOSED: the last ACK of a handshake of which nothing was kept brought back its SYN. That ACK follows.
  void open_by_cookie(TimePoint now, const Arrival& syn);
  // A call waits for the handshake to write: the last ACK of it may ride on data.
  void expect_write() { write_expected_ = true; }
  // Copies as much of `bytes` as the send buffer takes; returns how much. 0 if !can_send().
  std::size_t write(TimePoint now, std::span<const std::uint8_t> bytes, WriteFlags flags = {});
  // Moves received bytes into `out`; returns how many. An empty `out` reads nothing.
  std::size_t read(TimePoint now, std::span<std::uint8_t> out);
  // Copies received bytes after the first `skip`, and leaves them where they are; returns how many.
  std::size_t peek(std::span<std::uint8_t> out, std::size_t skip = 0) const;
  // MSG_OOB: the urgent byte into the first of `out`. `peeks`: it can be read again.
  UrgentRead read_urgent(std::span<std::uint8_t> out, bool peeks);
  // Throws received bytes away without copying them (a sink's read); returns how many.
  std::size_t discard(TimePoint now, std::size_t most);
  void shutdown_write(TimePoint now);  // FIN after what is queued
  void shutdown_read();
  // The process lets go: FIN, or RST where SO_LINGER 0 or the OS's rule for unread data says so.
  void close(TimePoint now);
  void abort(TimePoint now);       // RST, CLOSED
  void disconnect(TimePoint now);  // SYN_SENT: the attempt ends, for its process with ECONNRESET
  void set_options(TimePoint now, const SocketOptions& options);
  void push();  // what waits to become a full segment goes now, if the windows let it
  // TCP_QUICKACK: 0 delays ACKs; else they go at once, also one that is owed, until data is sent in answer.
  // An even value is for that one only.
  void set_quick_ack(std::int64_t value);
  // The route to the peer has another MTU.
  void on_route_change();
  // The oldest report on what was sent, for which an option or a write asked.
  std::optional<SendReport> take_report();

  // --- Out
  // The next packet to send now, if any. What to send is decided here and nowhere else.
  bool poll_segment(TimePoint now, Packet& out);
  // The next of its own events, oldest first; false when there is none.
  bool poll_event(EndpointEvent& out) { return env_->events.pop(events_, out); }
  [[nodiscard]] Deadline next_deadline() const { return timers_.next(); }

  // --- What the socket layer asks
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const FourTuple& addresses() const { return addresses_; }
  [[nodiscard]] const SocketOptions& options() const { return options_; }
  [[nodiscard]] std::size_t readable() const;          // bytes, without an urgent one in front
  [[nodiscard]] std::size_t readable_to_mark() const;  // SIOCINQ: no further than to the urgent byte
  [[nodiscard]] bool at_urgent_mark() const;           // SIOCATMARK
  [[nodiscard]] bool has_urgent_byte() const;          // POLLPRI
  [[nodiscard]] bool is_readable() const;              // poll(2): enough of them (SO_RCVLOWAT)
  [[nodiscard]] bool fin_received() const { return fin_received_; }  // everything before it is in the queue
  [[nodiscard]] bool receive_shut() const { return receive_shut_; }  // shutdown(SHUT_RD)
  [[nodiscard]] bool send_shut() const { return fin_queued_; }       // close or shutdown(SHUT_WR)
  [[nodiscard]] bool can_send() const;                               // write() may accept bytes, now or later
  [[nodiscard]] std::size_t write_space() const;                     // bytes that write() would take now
  [[nodiscard]] bool is_writable() const;                            // poll(2): enough of them
  [[nodiscard]] bool resumes_write(std::size_t bytes) const;         // one that waits with so many left
  [[nodiscard]] bool has_reports() const { return marks_ != nullptr && marks_->has_reports(); }
  [[nodiscard]] std::uint32_t unacknowledged() const { return send_.size(); }   // bytes: SIOCOUTQ
  [[nodiscard]] std::uint32_t segment_size() const;                             // TCP_MAXSEG, bytes
  [[nodiscard]] bool acks_quickly() const { return ack_.is_quick(); }           // TCP_QUICKACK
  [[nodiscard]] std::uint32_t window_clamp() const { return window_.clamp(); }  // TCP_WINDOW_CLAMP, bytes
  // How often there was news for who waits to read, and to write: what an edge-triggered epoll counts.
  struct News {
    std::uint16_t in = 0;
    std::uint16_t out = 0;
    std::uint16_t errors = 0;  // reports on what was sent
    friend bool operator==(const News&, const News&) = default;
  };
  [[nodiscard]] News news() const { return news_; }
  // As they have grown, in bytes.
  [[nodiscard]] std::uint32_t receive_buffer() const { return window_.buffer(); }
  [[nodiscard]] std::uint32_t send_buffer() const;
  // Passive, and in use although the handshake is not complete (Fast Open).
  [[nodiscard]] bool is_early() const {
    return state_ == State::syn_received && fast_open_ != nullptr && fast_open_->early;
  }
  // The SYN-ACK of such a connection is not acknowledged yet, in whichever state.
  [[nodiscard]] bool awaits_early_ack() const { return board_.has_weightless(); }
  void note_accepted() {  // accept() gave it to a process
    if (fast_open_ != nullptr) fast_open_->accepted = true;
  }
  [[nodiscard]] bool is_orphan() const { return orphan_; }  // closed by its process
  // so_error: the error to report once. `peek` for poll(), `take` for whoever reports it.
  [[nodiscard]] Errno peek_error() const { return error_; }
  Errno take_error();
  // Linux's sk_err_soft, BSD's t_softerror: SO_ERROR reads and clears it where the OS does so.
  [[nodiscard]] Errno soft_error() const { return soft_error_; }
  Errno take_soft_error();
  // The FIN is not yet acknowledged: a lingering close() waits.
  [[nodiscard]] bool close_pending() const {
    return state_ == State::fin_wait_1 || state_ == State::closing || state_ == State::last_ack;
  }
  // ISS for a connection that takes over this one's TIME_WAIT.
  [[nodiscard]] Seq reuse_iss() const;

  // --- What reports ask
  // What congestion control makes of the path, by Linux's names and numbers.
  enum class CaState : std::uint8_t { open, disorder, cwr, recovery, loss };
  struct Info {
    State state;
    Seq snd_una, snd_nxt, rcv_nxt, iss, irs;
    std::uint32_t snd_wnd, rcv_wnd;  // bytes, scaled
    std::uint32_t cwnd, ssthresh;    // segments or bytes by profile
    std::uint32_t mss;
    std::uint32_t unacked_segments;
    std::uint32_t sacked_segments;         // of those
    std::uint32_t lost_segments;           // taken for lost
    std::uint32_t retransmitted_segments;  // and not acknowledged since
    CaState ca_state;
    std::uint32_t retransmits;  // expiries in a row
    std::uint64_t total_retransmissions;
    Duration rto, srtt;
    bool sack, timestamps, window_scaling;
    bool ecn, ecn_seen;
    std::uint8_t backoff;  // expiries that doubled the timeout
    std::uint8_t probes;   // unanswered
    std::uint8_t snd_scale, rcv_scale;
    std::uint32_t rcv_mss, adv_mss;             // the peer's segments as estimated; what ours may have
    std::uint32_t path_mtu;                     // bytes
    std::uint32_t rcv_ssthresh;                 // bytes
    std::uint32_t unsent;                       // bytes
    std::uint32_t delivered, delivered_marked;  // segments; those that the peer says met congestion
    std::uint32_t received_marked;              // Accurate ECN: packets that came marked
    std::array<std::uint32_t, 3> received_bytes, delivered_bytes;  // by mark: ECT(1), ECT(0), CE
    std::uint32_t reordering;                                      // duplicate ACKs that mean a loss
    std::uint32_t reorderings;                                     // how often later segments arrived first
    Duration min_rtt, rttvar, ato;                                 // min_rtt: zero without a sample
    TimePoint last_data_sent, last_data_received;
    LimitedTime limits;
    bool syn_data_acked;  // Fast Open: data in the SYN was taken, by whichever side
    FastOpenFailure fast_open_failure;
  };
  [[nodiscard]] Info info() const;
  // Sequence invariants of RFC 9293 section 3.3.1 and the state-to-timers table; for debug builds and tests.
  // An empty view when all hold, else which one does not.
  [[nodiscard]] std::string_view broken_invariant() const;

 private:
  enum class Probe : std::uint8_t { none, keepalive, window, tail_loss };

  // endpoint.cc: life, timers
  [[nodiscard]] const OsProfile& os() const { return env_->profile; }
  [[nodiscard]] CaState ca_state() const;
  void set_state(TimePoint now, State next, Cause why);
  void finish(TimePoint now, Cause why, Errno error);
  void arm(TimePoint now, Timer timer, Duration delay);
  void arm_at(Timer timer, TimePoint when);
  void stop(Timer timer);
  [[nodiscard]] bool running(Timer t) const { return timers_.is_running(t); }
  void fire(TimePoint now, Timer timer);
  [[nodiscard]] Duration rto() const;
  // What is taken for the time where ticks are counted: the one of this very instant may not be yet.
  [[nodiscard]] TimePoint counted(TimePoint now) const;
  [[nodiscard]] TsVal ts_now(TimePoint now) const;

  // endpoint_write.cc: the send buffer
  [[nodiscard]] std::uint32_t send_limit() const;
  [[nodiscard]] std::uint32_t burst_size() const;
  [[nodiscard]] std::uint64_t send_memory(std::uint64_t sent, std::uint64_t waiting) const;
  [[nodiscard]] std::uint32_t unsent_low() const;
  [[nodiscard]] std::uint32_t sendable_now() const;
  [[nodiscard]] std::size_t room_for(std::size_t bytes) const;
  void mark_written(Seq start, std::size_t count, bool whole, WriteFlags flags);
  SendMarks& marks();
  [[nodiscard]] std::uint32_t wanted_send_limit() const;
  void look_for_space();
  void count_time(TimePoint now);

  // endpoint_ecn.cc: agreement, and RFC 3168
  void mark_syn(Segment& segment, const SentSegment& syn);
  void agree_on_ecn(const Arrival& syn);
  void take_ecn_answer(const Arrival& syn_ack);
  void mark_ecn(Packet& out, const SentSegment& sent);
  void take_ecn(const Arrival& arrival);

  // endpoint_acc_ecn.cc: RFC 9768
  void begin_acc_ecn(const Arrival& syn_ack);
  void note_syn_again(const Arrival& syn);
  void look_at_last_ack(const Segment& ack);
  bool believes_handshake(std::uint8_t ace);
  void take_acc_ecn(const Arrival& arrival);
  void take_ace(const Segment& segment, const AckResult& result);
  void mark_accurately(Packet& out, Cause cause);
  [[nodiscard]] bool is_acc_ecn_option_due(TimePoint now) const;
  [[nodiscard]] bool offers_acc_ecn_option() const;

  // endpoint_connect.cc: both handshakes
  // SYNs with options met no answer: they are no longer asked for (RetransmitProfile::bare_syn_after).
  [[nodiscard]] bool sends_bare_syn() const {
    const std::uint8_t after = os().retransmit.bare_syn_after;
    return after != 0 && !passive_ && patience_.expiries() >= after;
  }
  void hold_text_of_syn(const Arrival& syn);
  void take_text_of_syn(TimePoint now, const Segment& ack);
  void take_syn_options(const Segment& syn, TimePoint now);
  [[nodiscard]] bool echoes_our_syn(TimePoint now, const TcpOptions& options) const;
  void on_syn_sent(TimePoint now, const Arrival& arrival);
  void enter_syn_received(TimePoint now, const Arrival& syn, Cause why);
  void arm_connect(TimePoint now);
  void establish(TimePoint now);
  void begin_transfer(TimePoint now, bool lost_syn);
  void acknowledge_syn_ack(TimePoint now);
  void queue_syn(TimePoint now);

  // endpoint_fast_open.cc: data in a SYN
  void add_syn_data(Packet& out);
  bool take_fast_open_answer(TimePoint now, const Segment& syn_ack);
  void look_for_blackhole(TimePoint now, bool over);
  void begin_early(TimePoint now, const Arrival& syn);

  // endpoint_receive.cc: RFC 9293 section 3.10.7.4, in its order
  Verdict on_synchronized(TimePoint now, const Arrival& arrival);
  [[nodiscard]] Gatekeeper::Guarded guarded(TimePoint now) const;
  [[nodiscard]] std::optional<std::uint32_t> ack_reach() const;
  bool admits(TimePoint now, const Arrival& arrival);
  void acknowledge_stray(TimePoint now, const Segment& segment);
  bool defers_accept(const Segment& segment);
  void on_repetition(const Segment& segment);
  void take_data(TimePoint now, const Arrival& arrival);
  [[nodiscard]] bool is_predicted(const Segment& segment) const;
  void let_repairs_go(TimePoint now);
  void take_fin(TimePoint now);
  void challenge(TimePoint now);
  void reply_reset(const Arrival& offender, Cause why);

  // endpoint_urgent.cc: urgent data
  struct Stretch {
    std::size_t skip = 0;
    std::size_t most = 0;
  };
  void take_urgent(const Segment& segment);
  [[nodiscard]] bool is_urgent() const { return snd_up_ != snd_una_; }
  void mark_urgent(Segment& segment) const;
  template <class Read>
  std::size_t take(TimePoint now, std::size_t most, Read read);
  [[nodiscard]] Seq read_seq() const;
  [[nodiscard]] bool skips_urgent_byte() const;
  [[nodiscard]] Stretch stretch_after(std::size_t skip) const;

  // endpoint_icmp.cc: RFC 5927, RFC 1191, RFC 6069
  void shrink_path(TimePoint now, std::uint32_t mtu);
  void undo_backoff(TimePoint now, IcmpKind kind, Seq quoted);
  [[nodiscard]] bool discovers_path_mtu() const;

  // endpoint_ack.cc: what an ACK acknowledges
  void take_ack(TimePoint now, const Segment& segment);
  AckResult clean_scoreboard(TimePoint now, const Segment& segment, std::optional<Seq> fack);
  void take_sack(TimePoint now, const Segment& segment, AckResult& result, std::optional<Seq> fack);
  void look_for_repetition(const Repair::Around& here, const Segment& segment);
  void note_delivered(const Repair::Around& around, const SentSegment& sent, AckResult& result,
                      std::optional<Seq> fack);
  void take_rtt(TimePoint now, const Segment& segment, AckResult& result);
  void update_send_window(TimePoint now, const Segment& segment, bool outstanding);
  void on_fin_acked(TimePoint now, const Segment& segment);
  void rearm_after_ack(TimePoint now, const AckResult& result);

  // endpoint_timeout.cc: the retransmission timer, and giving up
  [[nodiscard]] Repair::Around around(TimePoint now);
  void follow(TimePoint now, const Repair::Step& step);
  void on_retransmit_timer(TimePoint now);
  void on_handshake_timer(TimePoint now);
  void give_up(TimePoint now, Cause why);
  void arm_retransmit(TimePoint now);
  void arm_retransmit_or_probe(TimePoint now, bool advancing);
  void arm_user_timeout(TimePoint now);
  void look_for_narrow_path();
  void try_smaller_segments();
  void on_tail_loss_timer(TimePoint now);

  // endpoint_send.cc: what to send
  bool decide(TimePoint now, Packet& out);
  bool send_reset(TimePoint now, Packet& out);
  bool send_probe(TimePoint now, Packet& out);
  bool send_window_probe(TimePoint now, Packet& out);
  bool send_new(TimePoint now, Packet& out, std::uint32_t forced = 0);
  bool send_ack(TimePoint now, Packet& out);
  [[nodiscard]] std::uint32_t data_beside_ack() const;
  [[nodiscard]] bool sends_bursts() const { return os().congestion.burst_least != 0; }
  // Where Linux looks for idleness; others do as they send (net/ipv4/tcp.c tcp_skb_entail).
  [[nodiscard]] bool restarts_at_write() const {
    return os().congestion.idle_restart.value == IdleRestart::halve_per_rto;
  }
  void restart_after_idle(TimePoint now);
  void note_use(bool full) { congestion_.note_use(snd_una_, snd_nxt_, board_.out(), full); }
  [[nodiscard]] SendView send_view(TimePoint now) const;
  [[nodiscard]] std::uint32_t new_data_length(TimePoint now) const;
  std::uint32_t next_length(TimePoint now);
  [[nodiscard]] std::uint32_t pace() const;
  [[nodiscard]] bool is_full(std::uint32_t length) const;
  [[nodiscard]] bool nagle_allows(std::uint32_t length, bool last) const;
  void transmit(TimePoint now, Packet& out, std::uint32_t index, Cause cause);
  void fill(TimePoint now, Packet& out, Seq seq, std::uint8_t flags, Cause cause);
  void after_ack_sent();
  // Of a peer that offers none.
  [[nodiscard]] std::uint16_t default_mss() const {
    return addresses_.local.ip.is_v6() ? os().options.default_mss_v6.value : os().options.default_mss.value;
  }
  [[nodiscard]] std::uint32_t send_mss() const;  // the most data in a segment without SACK blocks
  // What windows and rules take for a full segment.
  [[nodiscard]] std::uint32_t full_mss() const {
    return send_mss() + (ts_ok_ && os().options.mss_counts_options ? 12 : 0);
  }
  [[nodiscard]] bool may_not_be_fragmented() const;
  // Of IP and TCP, without options.
  [[nodiscard]] std::uint32_t header_size() const;
  // The largest segment that our device can take in (RFC 6691): what a SYN offers.
  [[nodiscard]] std::uint32_t offered_mss() const;
  // Bytes that the peer's window still takes beyond SND.NXT (RFC 9293 section 3.8.6.2.1).
  [[nodiscard]] std::uint32_t usable_window() const;
  [[nodiscard]] std::uint32_t unsent() const;
  [[nodiscard]] bool fin_waits_for_window() const;
  [[nodiscard]] bool fin_out() const {  // sent, not acknowledged
    return fin_sent_ &&
           (state_ == State::fin_wait_1 || state_ == State::closing || state_ == State::last_ack);
  }
  [[nodiscard]] bool ends_push(Seq end, bool last) const;
  [[nodiscard]] std::uint32_t push_stride() const;
  void note_pushes(Seq start);
  void on_new_data_sent(TimePoint now, bool was_idle);

  // endpoint_resend.cc: what to send again
  bool send_retransmission(TimePoint now, Packet& out);
  std::uint8_t plan_repair(std::uint32_t next);
  void collapse_at(std::uint32_t index);
  bool cut_to_fit(std::uint32_t index);
  std::uint32_t recut_at(std::uint32_t index);
  void take_runt(std::uint32_t index, std::uint32_t length);

  // endpoint_full_device.cc
  bool send_into_full_device(TimePoint now, Packet& out);
  void meet_local_congestion(TimePoint now);

  // endpoint_options.cc: what goes along with a segment
  void add_options(TimePoint now, Segment& segment);
  void add_syn_options(TimePoint now, Segment& segment);
  std::size_t blocks_to_name(std::span<SeqSpan, TcpOptions::kMaxSack> blocks) const;
  // What goes beside the timestamps: SACK blocks, counters of Accurate ECN (-1: not its option), and how long
  // all of it is.
  struct Beside {
    std::size_t blocks = 0;
    int counters = -1;
    std::size_t size = 0;
  };
  [[nodiscard]] Beside beside_timestamps(std::span<SeqSpan, TcpOptions::kMaxSack> blocks) const;
  [[nodiscard]] std::uint32_t data_room() const;  // the most data in the next segment, beside its SACK blocks

  // endpoint_probe.cc: zero window and keepalive
  [[nodiscard]] Patience::Around waiting(TimePoint now) const;
  void start_persist_if_stuck(TimePoint now);
  void on_persist_timer(TimePoint now);
  [[nodiscard]] Duration persist_delay(TimePoint now) const;
  void arm_keepalive(TimePoint now, Duration delay);
  void on_keepalive_timer(TimePoint now);

  // endpoint_close.cc
  void queue_fin(TimePoint now, Cause why);
  void enter_fin_wait_2(TimePoint now);
  void enter_time_wait(TimePoint now, Cause why);
  Verdict on_time_wait(TimePoint now, const Segment& segment);
  Verdict on_time_wait_acks_only(TimePoint now, const Segment& segment);
  void on_fin_wait_2_timer(TimePoint now);
  void send_active_reset(Cause why);

  // endpoint_window.cc: the window we offer, and when we acknowledge
  void init_receive_window(bool passive);
  void settle_receive_window(TimePoint now);
  [[nodiscard]] std::uint32_t receive_window() const { return window_.visible(rcv_nxt_); }
  [[nodiscard]] std::uint32_t acceptable_window() const;  // what the peer may still send, from RCV.NXT
  [[nodiscard]] std::uint32_t choose_window();
  [[nodiscard]] ReceiveWindow::Held held() const {
    return {.readable = static_cast<std::uint32_t>(receive_.readable()), .truesize = receive_.truesize()};
  }
  [[nodiscard]] std::uint32_t adv_mss() const;  // the most data in a segment of the peer's, bytes
  [[nodiscard]] std::uint32_t charged_truesize(const Arrival& arrival) const;
  void owe_ack(TimePoint now, const Segment& segment, std::uint32_t length, bool window_grew, bool fin);
  void ack_now(Cause why) { ack_.now(why); }
  bool window_holds();
  void arm_delayed_ack(TimePoint now, std::optional<Duration> wait);
  [[nodiscard]] AckPolicy::Clock ack_clock(TimePoint now) const;
  void after_read(TimePoint now, std::size_t count, std::size_t of_first);

  void report(const EndpointEvent& event) { env_->events.push(events_, event); }

  EndpointEnv* env_;
  EventPool::Queue events_;
  FourTuple addresses_;
  SocketOptions options_;
  TimerSet timers_;

  // Send sequence space (RFC 9293 section 3.3.1); SND.NXT never goes back, lost segments are marked instead.
  Seq iss_, snd_una_, snd_nxt_;
  Seq snd_up_;  // behind the urgent byte that was written last; SND.UNA: there is none
  Seq snd_wl1_, snd_wl2_;
  Seq push_end_;               // end of the last write: PSH goes there
  Seq push_base_;              // and where a multiple of push_stride() behind this ends
  Seq small_end_;              // end of the last small segment sent, for Nagle
  Seq burst_end_;              // end of the burst that is leaving
  std::uint32_t snd_wnd_ = 0;  // scaled
  std::uint32_t max_snd_wnd_ = 0;
  std::uint32_t peer_mss_ = 0;
  std::uint32_t path_mtu_;
  std::uint16_t mtu_;
  std::uint16_t ip_id_;
  Seq window_probe_end_;  // a one-byte probe reached up to here
  std::uint32_t total_retransmissions_ = 0;
  std::uint32_t send_limit_ =
      0;  // of memory, where nobody set it and bursts are counted (sk_sndbuf); 0: not yet

  // Receive sequence space.
  Seq irs_, rcv_nxt_;
  Seq urgent_seq_;  // of the urgent byte
  std::uint32_t ts_offset_;

  SendQueue send_;
  WritePieces pieces_;
  std::unique_ptr<SendMarks> marks_;  // made by the first one
  Scoreboard board_;
  ReceiveQueue receive_;
  RttEstimator rtt_;
  CongestionControl congestion_;
  std::unique_ptr<FastOpenState> fast_open_;  // null without Fast Open
  std::unique_ptr<AccEcn> acc_ecn_;           // null without Accurate ECN

  // Retransmission and probes.
  Repair repair_;
  Patience patience_;
  TimePoint last_sent_{};                               // last data, for the idle restart
  TimePoint last_received_{};                           // any acceptable segment
  std::uint32_t delivered_ = 0, delivered_marked_ = 0;  // segments, for TCP_INFO
  LimitedTime limits_;
  Duration min_rtt_ = Duration::max();

  Gatekeeper gate_;
  ReceiveWindow window_;
  AckPolicy ack_;

  // Receive window and acknowledgements.
  SeqSpan dsack_;                // to report once; length 0: none
  std::uint16_t tried_mss_ = 0;  // bytes: larger segments may vanish on the path; 0: not known
  std::uint8_t tries_end_ = 0;   // with so many expiries it was not that

  // A reset to send: the only segment that outlives the connection.
  ResetReply reset_;
  Cause reset_cause_ = Cause::unknown;

  State state_ = State::closed;
  State state_before_ = State::closed;  // when the present input arrived
  Probe probe_ = Probe::none;
  enum class Haste : std::uint8_t { usual, holds, pushes };  // until the next input
  Haste haste_ = Haste::usual;
  enum class Input : std::uint8_t { packet, timer, process };
  Input input_ = Input::process;  // the present one
  EcnState ecn_;
  News news_;
  Cause fin_cause_ = Cause::unknown;
  std::uint8_t snd_scale_ = 0;
  std::uint8_t repair_left_ = 0;  // segments of the burst of repairs that is leaving
  enum class Urgent : std::uint8_t { none, unread, taken };  // taken: and not yet passed by reads
  Urgent urgent_ = Urgent::none;
  Errno error_ = Errno::none;
  Errno soft_error_ = Errno::none;

  bool sack_ok_ : 1 = false;
  bool ts_ok_ : 1 = false;
  bool scale_ok_ : 1 = false;
  bool reset_pending_ : 1 = false;
  bool reset_is_reply_ : 1 = false;  // to a segment; else only reset_.seq counts
  bool syn_pending_ : 1 = false;
  bool fin_queued_ : 1 = false;
  bool fin_sent_ : 1 = false;
  bool fin_received_ : 1 = false;
  bool receive_shut_ : 1 = false;
  bool orphan_ : 1 = false;
  bool passive_ : 1 = false;
  bool peer_offered_ts_ : 1 = false;
  bool ever_received_data_ : 1 = false;
  bool burst_is_long_ : 1 = false;   // it has several segments
  bool repair_is_long_ : 1 = false;  // the burst of repairs has
  bool window_probe_byte_ : 1 = false;
  bool more_announced_ : 1 = false;   // by the last write's MSG_MORE
  bool looks_for_space_ : 1 = false;  // once a burst has left, or none may
  bool wants_space_ : 1 = false;      // a write did not fit: its writer is to be told (SOCK_NOSPACE)
  bool write_expected_ : 1 = false;
  bool sends_on_ : 1 = false;         // there may be more to send at this occasion
  bool began_idle_ : 1 = false;       // nothing was out when it began
  bool repairs_only_ : 1 = false;     // nothing new goes at this occasion
  bool repairs_first_ : 1 = false;    // they were let go before the data that came along was taken
  bool accept_deferred_ : 1 = false;  // our SYN-ACK is acknowledged, and data is waited for
};

}  // namespace halfopen
