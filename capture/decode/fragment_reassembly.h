// IP fragments (RFC 791 section 3.2, RFC 8200 section 4.5) put together, in bounded memory.
#pragma once

#include <compare>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "sim/wire/packet_view.h"

namespace halfopen {

class FragmentReassembly {
 public:
  static constexpr std::size_t kMostDatagrams = 1024;
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;
  static constexpr std::size_t kMostGaps = 256;  // in one datagram: more are an attack
  // Linux's net.ipv4.ipfrag_time; the RFCs ask for 15 and 60 seconds.
  static constexpr std::int64_t kPatience = 30'000'000'000;

  // What the fragments make up: its bytes as far as they were captured in one piece, valid until the next
  // call, and how many it claims to be.
  struct Whole {
    std::span<const std::uint8_t> ip;
    std::size_t size = 0;
  };
  // `fragment` (is_fragment() of it is true) was captured at `now`, in nanoseconds. The whole packet when it
  // was the last of its parts to come; of parts that overlap, what came first counts.
  [[nodiscard]] std::optional<Whole> add(const PacketView& fragment, std::int64_t now);

  // Datagrams of which some part has not been seen: those given up and those still waited for.
  [[nodiscard]] std::uint64_t unfinished() const { return unfinished_; }

 private:
  struct Key {
    IpAddress source;
    IpAddress destination;
    std::uint32_t id = 0;
    std::uint8_t protocol = 0;  // of IPv4
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  // One fragment, taken apart.
  struct Part {
    Key key;
    std::span<const std::uint8_t> header = {};  // what is not fragmented: all headers before the fragment's
    std::size_t next_at = 0;  // in `header` (IPv6): the field that names the fragment header
    std::uint8_t next = 0;    // and what the fragment header names
    std::size_t offset = 0;
    std::size_t length = 0;                   // that the fragment claims
    std::span<const std::uint8_t> data = {};  // as far as it was captured
    bool is_last = false;
  };
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  struct Datagram {
    Key key;
    std::int64_t since = 0;
    bool is_done = false;  // told; remembered so that a duplicate of its last part begins no new one
    std::vector<std::uint8_t> header = {};
    std::size_t next_at = 0;
    std::uint8_t next = 0;
    std::vector<std::uint8_t> data = {};
    std::vector<Range> ranges = {};        // that were seen: in order, and apart from each other
    std::size_t known_until = SIZE_MAX;    // where a snap length cut the first of its parts that it cut
    std::optional<std::size_t> size = {};  // of the data, once the last part was seen
  };
  using Place = std::list<Datagram>::iterator;

  static std::optional<Part> take_apart(const PacketView& fragment);
  Place datagram_of(const Part& part, std::int64_t now);
  void take_data(Datagram& datagram, const Part& part);
  Whole put_together(Datagram& datagram);
  void forget_old(std::int64_t now);
  void forget(Place place);

  std::list<Datagram> datagrams_;  // the oldest first
  std::map<Key, Place> places_;
  std::size_t bytes_ = 0;  // of all `data`
  std::uint64_t unfinished_ = 0;
  std::vector<std::uint8_t> whole_;
};

}  // namespace halfopen
