// Flags, TOS and TCP options as bits and bytes. RFC 9293, 7323, 2018, 2385, 7413, 9768; RFC 6994 for kind
// 254.
#include <span>

#include "sim/script/packet_spec.h"
#include "sim/wire/segment.h"

namespace halfopen::script {
namespace {

constexpr std::uint8_t kExperiment = 254;

void put(Bytes& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(number >> shift));
}

void put(Bytes& out, std::span<const std::uint8_t> bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Kind, room for the length, and what follows is put after it.
Bytes begun(std::uint8_t kind) { return {kind, 0}; }
Bytes begun_experiment(std::uint16_t id) {
  Bytes out = begun(kExperiment);
  put(out, id, 2);
  return out;
}
Bytes ended(Bytes out) {
  out[1] = static_cast<std::uint8_t>(out.size());
  return out;
}

struct Emit {
  Bytes operator()(const Nop&) const { return {1}; }
  Bytes operator()(const Eol&) const { return {0}; }
  Bytes operator()(const Mss& mss) const {
    Bytes out = begun(2);
    put(out, mss.bytes, 2);
    return ended(out);
  }
  Bytes operator()(const WindowScale& scale) const {
    Bytes out = begun(3);
    put(out, scale.shift, 1);
    return ended(out);
  }
  Bytes operator()(const SackOk&) const { return ended(begun(4)); }
  Bytes operator()(const Sack& sack) const {
    Bytes out = begun(5);
    for (const SackBlock& block : sack.blocks) {
      put(out, block.left, 4);
      put(out, block.right, 4);
    }
    return ended(out);
  }
  Bytes operator()(const TimestampOption& ts) const {
    Bytes out = begun(8);
    put(out, ts.val.value_or(0), 4);
    put(out, ts.ecr, 4);
    return ended(out);
  }
  Bytes operator()(const Md5& md5) const {
    constexpr std::size_t kDigest = 16;
    Bytes out = begun(19);
    put(out, md5.digest.value_or(Bytes(kDigest)));
    return ended(out);
  }
  Bytes operator()(const FastOpenOption& fast_open) const {
    Bytes out = fast_open.is_experimental ? begun_experiment(0xf989) : begun(34);
    put(out, fast_open.cookie);
    return ended(out);
  }
  Bytes operator()(const AccEcnOption& ecn) const {
    Bytes out = ecn.is_experimental ? begun_experiment(ecn.ect1_first ? 0xacc1 : 0xacc0)
                                    : begun(ecn.ect1_first ? 174 : 172);
    for (const std::uint32_t counter : ecn.counters) put(out, counter, 3);
    return ended(out);
  }
  Bytes operator()(const TarrOption& tarr) const {
    Bytes out = begun_experiment(0x00ac);
    if (tarr.rate) put(out, std::uint64_t{*tarr.rate} << 1, 1);
    return ended(out);
  }
  Bytes operator()(const GenericOption& option) const {
    Bytes out = begun(option.kind);
    put(out, option.data);
    return ended(out);
  }
  Bytes operator()(const ExperimentalOption& option) const {
    Bytes out = begun_experiment(option.id);
    put(out, option.data);
    return ended(out);
  }
};

}  // namespace

std::uint8_t IpInfo::tos() const {
  // Either ECT is for expectations only.
  const std::uint8_t low = ecn && *ecn != Ecn::ect0_or_ect1 ? static_cast<std::uint8_t>(*ecn) : 0;
  return static_cast<std::uint8_t>(dscp.value_or(0) << 2 | low);
}

bool IpInfo::matches_tos(std::uint8_t tos) const {
  if (dscp && *dscp != tos >> 2) return false;
  const auto found = static_cast<Ecn>(tos & 3);
  if (ecn == Ecn::ect0_or_ect1) return found == Ecn::ect0 || found == Ecn::ect1;
  return !ecn || *ecn == found;
}

std::uint8_t TcpFlags::wire_bits() const {
  std::uint8_t wire = bits;
  if (ace && (*ace & 1) != 0) wire |= tcp_flag::ece;
  if (ace && (*ace & 2) != 0) wire |= tcp_flag::cwr;
  return wire;
}

Bytes wire_of(const TcpOptionSpec& option) { return std::visit(Emit{}, option); }

Bytes wire_of(const TcpOptionsSpec& options) {
  if (const auto* raw = std::get_if<Bytes>(&options)) return *raw;
  Bytes out;
  if (const auto* list = std::get_if<std::vector<TcpOptionSpec>>(&options))
    for (const TcpOptionSpec& option : *list) put(out, wire_of(option));
  return out;
}

}  // namespace halfopen::script
