// pcapng, by ourselves: libpcap hides comments, names and custom blocks. Whatever a length says is held
// against what is there before it is believed.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "capture/frame_decoder.h"
#include "capture/input_file.h"
#include "capture/link_layer.h"
#include "capture/pcapng_format.h"
#include "capture/pcapng_time.h"

namespace halfopen {
namespace {

using pcapng::BlockType;
namespace option = pcapng::option;
namespace name_record = pcapng::name_record;

constexpr std::uint32_t kMaxBlock = 1u << 24;  // of the blocks that are looked into
constexpr std::size_t kMaxInterfaces = 65536;

struct Interface {
  std::uint32_t link_type = 0;
  pcapng::TimeScale scale;
};

class PcapngReader {
 public:
  PcapngReader(InputFile& file, FrameDecoder& decoder) : file_{file}, decoder_{decoder} {}
  void read_all() {
    while (read_block()) {
    }
  }

 private:
  // Fields of a block in the section's byte order; reading past its end is a fault of the file.
  class Fields {
   public:
    Fields(const PcapngReader& reader, std::span<const std::uint8_t> bytes)
        : reader_{reader}, bytes_{bytes} {}
    [[nodiscard]] std::size_t left() const { return bytes_.size(); }
    std::span<const std::uint8_t> take(std::size_t count) {
      if (count > bytes_.size()) {
        reader_.fail("a block with room for its fields",
                     fmt::format("{} bytes where {} are due", bytes_.size(), count));
      }
      const auto taken = bytes_.first(count);
      bytes_ = bytes_.subspan(count);
      return taken;
    }
    void skip_padding(std::size_t after) { take(std::min(bytes_.size(), (4 - after % 4) % 4)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(take(2))); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(take(4))); }
    std::uint64_t number(std::span<const std::uint8_t> bytes) const { return reader_.number(bytes); }

   private:
    const PcapngReader& reader_;
    std::span<const std::uint8_t> bytes_;
  };
  struct Option {
    std::uint16_t code = option::end;
    std::span<const std::uint8_t> value;
    [[nodiscard]] std::string_view text() const {
      return {reinterpret_cast<const char*>(value.data()), value.size()};
    }
  };

  [[noreturn]] void fail(const std::string& expected, const std::string& found) const {
    throw InputError{file_.place(block_at_), expected, found};
  }
  [[nodiscard]] std::uint64_t number(std::span<const std::uint8_t> bytes) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      value = value << 8 | bytes[is_big_endian_ ? i : bytes.size() - 1 - i];
    }
    return value;
  }

  bool read_block();
  void read_byte_order();
  void read_exactly(std::span<std::uint8_t> out);
  void handle(BlockType type);
  void read_interface(Fields fields);
  void read_enhanced_packet(Fields fields);
  void read_simple_packet(Fields fields);
  void read_old_packet(Fields fields);
  void read_names(Fields fields);
  void read_section(Fields fields);
  void read_note(Fields fields);
  void packet(const Interface& from, std::int64_t time, std::size_t captured, std::uint64_t size,
              Fields fields);
  void read_timed_packet(const Interface& from, Fields fields);
  [[nodiscard]] const Interface& interface_at(std::uint32_t index) const;
  Option next_option(Fields& fields);
  [[nodiscard]] bool is_ours(const Option& custom) const;

  InputFile& file_;
  FrameDecoder& decoder_;
  std::uint64_t block_at_ = 0;  // where the present block begins
  bool is_big_endian_ = false;
  std::vector<std::uint8_t> body_;
  std::vector<Interface> interfaces_;
  std::int64_t last_time_ = 0;
};

void PcapngReader::read_exactly(std::span<std::uint8_t> out) {
  if (file_.read(out) < out.size()) fail("a whole block", "the end of the file");
}

// A section's first field after its length says in which order the bytes of all its numbers are.
void PcapngReader::read_byte_order() {
  const auto ahead = file_.peek(4);
  if (ahead.size() < 4) fail("a whole section header", "the end of the file");
  is_big_endian_ = false;
  if (number(ahead) == pcapng::kByteOrderMagic) return;
  is_big_endian_ = true;
  if (number(ahead) != pcapng::kByteOrderMagic) {
    fail("the byte-order magic 1a2b3c4d", fmt::format("{:08x}", number(ahead)));
  }
}

bool PcapngReader::read_block() {
  block_at_ = file_.offset();
  std::array<std::uint8_t, 8> head{};
  const std::size_t got = file_.read(head);
  if (got == 0) return false;
  if (got < head.size()) fail("a whole block header", "the end of the file");
  const std::span<const std::uint8_t> view{head};
  // The section's type reads the same in both orders.
  if (number(view.first(4)) == static_cast<std::uint32_t>(BlockType::section)) read_byte_order();
  const auto type = static_cast<BlockType>(number(view.first(4)));
  const auto length = static_cast<std::uint32_t>(number(view.last(4)));
  if (length < 12 || length % 4 != 0)
    fail("a block length that is a multiple of four from 12", fmt::format("{}", length));
  const bool is_known = type <= BlockType::enhanced_packet || type == BlockType::custom ||
                        type == BlockType::note || type == BlockType::section;
  if (!is_known) {
    if (file_.skip(length - 12) < length - 12) fail("a whole block", "the end of the file");
  } else if (length > kMaxBlock) {
    fail(fmt::format("a block of at most {} bytes", kMaxBlock), fmt::format("a length of {}", length));
  } else {
    body_.resize(length - 12);
    read_exactly(body_);
  }
  std::array<std::uint8_t, 4> tail{};
  read_exactly(tail);
  if (number(tail) != length)
    fail(fmt::format("the block's length {} again at its end", length), fmt::format("{}", number(tail)));
  if (is_known) handle(type);
  return true;
}

void PcapngReader::handle(BlockType type) {
  const Fields fields{*this, body_};
  switch (type) {
    case BlockType::section: read_section(fields); break;
    case BlockType::interface: read_interface(fields); break;
    case BlockType::enhanced_packet: read_enhanced_packet(fields); break;
    case BlockType::simple_packet: read_simple_packet(fields); break;
    case BlockType::packet: read_old_packet(fields); break;
    case BlockType::names: read_names(fields); break;
    case BlockType::custom:
    case BlockType::note: read_note(fields); break;
  }
}

PcapngReader::Option PcapngReader::next_option(Fields& fields) {
  if (fields.left() < 4) return {};
  Option next;
  next.code = fields.u16();
  const std::uint16_t length = fields.u16();
  if (next.code == option::end) return {};
  if (length > fields.left()) {
    fail(fmt::format("option {} within its block", next.code), fmt::format("a length of {}", length));
  }
  next.value = fields.take(length);
  fields.skip_padding(length);
  return next;
}

bool PcapngReader::is_ours(const Option& custom) const {
  return custom.code == option::custom_text && custom.value.size() >= 4 &&
         number(custom.value.first(4)) == pcapng::kEnterprise;
}

// A new section begins: its interfaces are its own. In captures of ours it says which run this was.
void PcapngReader::read_section(Fields fields) {
  interfaces_.clear();
  fields.take(16);  // magic, version, length
  for (Option o = next_option(fields); o.code != option::end; o = next_option(fields)) {
    if (!is_ours(o)) continue;
    if (auto run = run_from_json(o.text().substr(4))) decoder_.set_run(std::move(*run));
  }
}

void PcapngReader::read_interface(Fields fields) {
  if (interfaces_.size() >= kMaxInterfaces) fail("at most 65536 interfaces", "one more");
  Interface interface;
  interface.link_type = fields.u16();
  fields.take(6);  // reserved, snap length
  for (Option o = next_option(fields); o.code != option::end; o = next_option(fields)) {
    if (o.code == option::if_tsresol && o.value.size() == 1) interface.scale.resolution = o.value[0];
    if (o.code == option::if_tsoffset && o.value.size() == 8) {
      interface.scale.offset = static_cast<std::int64_t>(number(o.value));
    }
  }
  interfaces_.push_back(interface);
}

// `fields` is at the packet's bytes.
void PcapngReader::packet(const Interface& from, std::int64_t time, std::size_t captured, std::uint64_t size,
                          Fields fields) {
  if (!is_known_link_type(from.link_type)) {
    fail("packets of raw IP, Ethernet, Linux cooked or loopback captures",
         fmt::format("link type {}", from.link_type));
  }
  if (captured > fields.left()) {
    fail(fmt::format("packet {} within its block", decoder_.frames() + 1),
         fmt::format("a captured length of {}", captured));
  }
  Frame frame;
  frame.link_type = from.link_type;
  frame.bytes = fields.take(captured);
  frame.wire_size = size;
  frame.time = last_time_ = time;
  fields.skip_padding(captured);
  for (Option o = next_option(fields); o.code != option::end; o = next_option(fields)) {
    if (o.code == option::comment && frame.comment.empty()) frame.comment = o.text();
    if (is_ours(o)) frame.facts = packet_facts_from_json(o.text().substr(4));
  }
  decoder_.on_frame(frame);
}

const Interface& PcapngReader::interface_at(std::uint32_t index) const {
  if (index >= interfaces_.size()) {
    fail("an interface that was described", fmt::format("interface {} of {}", index, interfaces_.size()));
  }
  return interfaces_[index];
}

// What the enhanced and the obsolete packet block have in common.
void PcapngReader::read_timed_packet(const Interface& from, Fields fields) {
  const std::uint64_t high = fields.u32();
  const std::uint64_t time = high << 32 | fields.u32();
  const std::uint32_t captured = fields.u32();
  const std::uint32_t size = fields.u32();
  packet(from, from.scale.nanoseconds(time), captured, size, fields);
}

void PcapngReader::read_enhanced_packet(Fields fields) {
  const Interface& from = interface_at(fields.u32());
  read_timed_packet(from, fields);
}

void PcapngReader::read_old_packet(Fields fields) {
  const Interface& from = interface_at(fields.u16());
  fields.take(2);  // drops
  read_timed_packet(from, fields);
}

// No time and no captured length of its own: it came with the packet before, and as far as the block reaches.
void PcapngReader::read_simple_packet(Fields fields) {
  const Interface& from = interface_at(0);
  const std::uint32_t size = fields.u32();
  packet(from, last_time_, std::min<std::size_t>(size, fields.left()), size, fields);
}

void PcapngReader::read_names(Fields fields) {
  while (fields.left() >= 4) {
    const std::uint16_t type = fields.u16();
    const std::uint16_t length = fields.u16();
    if (type == name_record::end) return;
    if (length > fields.left()) fail("a name within its block", fmt::format("a length of {}", length));
    const auto value = fields.take(length);
    fields.skip_padding(length);
    const bool is_v6 = type == name_record::ipv6;
    const std::size_t size = is_v6 ? 16 : 4;
    if ((!is_v6 && type != name_record::ipv4) || value.size() < size) continue;
    std::array<std::uint8_t, 16> v6{};
    std::copy_n(value.begin(), size, v6.begin());
    const IpAddress address = is_v6 ? IpAddress::v6(v6) : IpAddress::v4({v6[0], v6[1], v6[2], v6[3]});
    const auto text = value.subspan(size);
    const std::string_view names{reinterpret_cast<const char*>(text.data()), text.size()};
    decoder_.add_name(address, names.substr(0, names.find('\0')));
  }
}

// A note of ours; anybody else's block is passed over.
void PcapngReader::read_note(Fields fields) {
  if (fields.u32() != pcapng::kEnterprise) return;
  const auto data = fields.take(fields.left());
  const auto note = note_from_json({reinterpret_cast<const char*>(data.data()), data.size()});
  if (note) decoder_.on_note(*note);
}

}  // namespace

void read_pcapng(InputFile& file, FrameDecoder& decoder) { PcapngReader{file, decoder}.read_all(); }

}  // namespace halfopen
