// The connection that a script is at: which of the host's it is, and how the script's numbers (ports,
// sequence numbers, timestamps) and those on the wire go over into each other.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/script/packet_spec.h"
#include "sim/wire/address.h"

namespace halfopen::drill {

class ConnectionMap {
 public:
  enum class Stage : std::uint8_t {
    fresh,       // a socket, no more
    listening,   // the next packet in begins a connection
    connecting,  // connect() was called; its SYN is still to come
    open,        // the four-tuple is known
  };

  [[nodiscard]] Stage stage() const { return stage_; }
  [[nodiscard]] const FourTuple& live() const { return live_; }  // on the wire; local is the host's

  // --- What the script does
  void socket();
  void listen() { stage_ = Stage::listening; }
  void connect(const SocketAddress& remote);
  // A packet in that begins a connection, from `remote` on the wire.
  void open_passively(const FourTuple& live, const script::TcpSpec& first);
  // A datagram in: it is from where the script has connected to, else from `live.remote`; and to the host's
  // port that is known by now, else to `live.local`.
  void open_datagrams(const FourTuple& live);
  // An expected packet: if it is a SYN, its number is the script's for the host's side.
  void expect(const script::TcpSpec& packet);

  // --- What the host does: whether a packet of these addresses and ports is the connection's. The SYN of a
  // connection that is under way is, and tells the local port and initial sequence number.
  // Packets of connections before it may still come, and are not.
  [[nodiscard]] bool takes(const FourTuple& live, const script::TcpSpec& packet);
  // The same of a datagram: the first that goes where the script has connected to tells the local port.
  [[nodiscard]] bool takes_datagram(const FourTuple& live);

  // --- Over into the wire's numbers, and back
  [[nodiscard]] script::TcpSpec to_live(const script::TcpSpec& packet);
  [[nodiscard]] std::uint32_t quoted_to_live(const script::TcpSequence& seq) const;
  // `expected`, if there is one, tells which timestamp of the script's this one is.
  [[nodiscard]] script::TcpSpec to_script(script::TcpSpec packet, const script::TcpSpec* expected);
  // The number on the wire of the last segment that the host sent.
  [[nodiscard]] std::uint32_t last_sent() const { return last_sent_; }
  // The script echoes a timestamp that no packet before has had; said by to_live(), once.
  [[nodiscard]] std::optional<std::uint32_t> take_unknown_echo();

 private:
  [[nodiscard]] std::uint32_t local_offset(bool syn) const {
    return syn ? local_isn_ - script_isn_ : local_isn_;
  }
  [[nodiscard]] std::uint32_t remote_offset(bool syn) const { return syn ? 0 : remote_isn_; }
  [[nodiscard]] bool is_past(const FourTuple& live) const;
  void begin_anew();
  void note_timestamp(const script::TcpSpec& actual, const script::TcpSpec& expected);

  Stage stage_ = Stage::fresh;
  bool is_active_ = false;  // by connect()
  bool isn_known_ = false;  // of the host's side
  FourTuple live_;
  std::vector<FourTuple> past_;   // connections of the script's sockets before
  std::uint32_t local_isn_ = 0;   // of the host, on the wire
  std::uint32_t script_isn_ = 0;  // the same as the script has it
  std::uint32_t remote_isn_ = 0;  // the script's own: on the wire as in the script
  std::uint32_t last_sent_ = 0;
  std::map<std::uint32_t, std::uint32_t> timestamps_;  // the script's TSval to the one on the wire
  struct FirstTimestamp {
    std::uint32_t script = 0;
    std::uint32_t live = 0;
  };
  std::optional<FirstTimestamp> first_timestamp_;
  std::optional<std::uint32_t> unknown_echo_;
};

}  // namespace halfopen::drill
