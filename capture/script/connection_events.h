// The events of a script from the packets of one connection and the notes beside them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "capture/script/recorded_calls.h"
#include "sim/base/time.h"
#include "sim/script/script.h"
#include "sim/trace/observe.h"
#include "sim/wire/packet.h"
#include "sim/wire/seq.h"

namespace halfopen {

struct KeptPacket {
  TimePoint at;
  Packet packet;
};
struct KeptNote {
  std::size_t before = 0;  // the packet that it precedes
  Note note;
};

class ConnectionEvents {
 public:
  // `host`: whose side the script plays. `path` is the capture's, for errors.
  ConnectionEvents(const IpAddress& host, bool host_opens, std::string path)
      : host_{host}, host_opens_{host_opens}, path_{std::move(path)} {}

  // Both once; they throw InputError where the packets do not begin with a SYN. The calls are those of `id`.
  [[nodiscard]] std::vector<script::Event> with_calls(const std::vector<KeptPacket>& packets,
                                                      const std::vector<KeptNote>& notes, HostId id);
  // Calls as they must have been: connect() or accept(), a write() for what is sent in one go, shutdown() for
  // a FIN. Nothing is read.
  [[nodiscard]] std::vector<script::Event> without_calls(const std::vector<KeptPacket>& packets);

  [[nodiscard]] const std::vector<std::string>& remarks() const { return remarks_; }

 private:
  struct Timed {
    TimePoint at;
    std::optional<TimePoint> end;  // of a blocking call
    std::size_t order = 0;         // how much was seen before it
    script::Event event;
  };
  void learn_numbers(const std::vector<KeptPacket>& packets);
  void add_packet(const KeptPacket& kept);
  void add_call(TimePoint at, std::string_view text);
  void add_recorded(std::vector<RecordedCall>&& calls);
  [[nodiscard]] std::vector<Timed>::iterator place_of(RecordedCall& made);
  // False where the host ceases to be.
  bool add_note(const Note& note, HostId id, RecordedCalls& recorded);
  void guess_calls(const std::vector<KeptPacket>& packets, std::size_t index);
  [[nodiscard]] bool is_outbound(const Packet& packet) const { return packet.ip.source == host_; }
  [[nodiscard]] std::vector<script::Event> in_order();

  IpAddress host_;
  bool host_opens_;
  std::string path_;
  std::optional<Seq> own_isn_;
  std::optional<Seq> other_isn_;
  std::vector<Timed> events_;
  std::size_t order_ = 0;
  std::vector<std::string> remarks_;
  // Of calls that are guessed
  bool is_connected_ = false;
  std::uint32_t written_ = 1;  // the next byte, as the script counts them
  bool is_shut_ = false;
};

}  // namespace halfopen
