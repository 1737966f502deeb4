// pcapng, by ourselves: libpcap hides comments, names and custom blocks. Whatever a length says is held
// against what is there before it is believed.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "capture/decode/frame_decoder.h"
#include "capture/decode/link_layer.h"
#include "capture/file/frame_source.h"
#include "capture/file/input_file.h"
#include "capture/file/pcapng_format.h"
#include "capture/file/pcapng_time.h"
#include "sim/base/input_error.h"

namespace halfopen {
namespace {

using pcapng::BlockType;
namespace option = pcapng::option;
namespace name_record = pcapng::name_record;

constexpr std::uint32_t kEmptyBlock = 12;      // type, and length at both ends
constexpr std::uint32_t kMaxBlock = 1u << 24;  // of the blocks that are looked into
constexpr std::size_t kMaxInterfaces = 65536;

struct Interface {
  std::uint32_t number = 0;  // in the file: a later section's follow those of the sections before
  std::uint32_t link_type = 0;
  pcapng::TimeScale scale;
};

class PcapngReader : public FrameSource {
 public:
  PcapngReader(InputFile& file, FrameDecoder& decoder) : file_{file}, decoder_{decoder} {}
  bool step() override;

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
  [[nodiscard]] std::uint32_t u32(const std::uint8_t* at) const {
    std::uint32_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return is_swapped_ ? __builtin_bswap32(word) : word;
  }
  [[nodiscard]] std::uint64_t number(std::span<const std::uint8_t> bytes) const {
    if (bytes.size() == 4) return u32(bytes.data());
    const bool is_big_endian = (std::endian::native == std::endian::big) != is_swapped_;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      value = value << 8 | bytes[is_big_endian ? i : bytes.size() - 1 - i];
    }
    return value;
  }

  void read_byte_order(std::span<const std::uint8_t> head);
  void handle(BlockType type, std::span<const std::uint8_t> body);
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
  std::uint64_t block_at_ = 0;         // where the present block begins
  bool is_swapped_ = false;            // the section's numbers are not in this machine's byte order
  std::vector<Interface> interfaces_;  // of the present section
  std::uint32_t interfaces_seen_ = 0;
  std::int64_t last_time_ = 0;
  bool any_is_known_ = false;                  // whether packets of any interface so far can be read
  std::optional<std::uint32_t> unknown_type_;  // the first link type of a packet that cannot
  std::uint64_t unknown_at_ = 0;
};

// A section's first field after its length says in which order the bytes of all its numbers are.
void PcapngReader::read_byte_order(std::span<const std::uint8_t> head) {
  if (head.size() < 12) fail("a whole section header", "the end of the file");
  is_swapped_ = false;
  if (u32(&head[8]) == pcapng::kByteOrderMagic) return;
  is_swapped_ = true;
  if (u32(&head[8]) != pcapng::kByteOrderMagic) {
    fail("the byte-order magic 1a2b3c4d", fmt::format("{:08x}", u32(&head[8])));
  }
}

bool PcapngReader::step() {
  block_at_ = file_.offset();
  const auto head = file_.peek(8);
  if (head.empty()) {
    if (!any_is_known_ && unknown_type_) {  // nothing of the file can be read
      throw InputError{file_.place(unknown_at_), kKnownLinkTypes, describe_link_type(*unknown_type_)};
    }
    return false;
  }
  if (head.size() < 8) fail("a whole block header", "the end of the file");
  // The section's type reads the same in both orders.
  if (u32(head.data()) == static_cast<std::uint32_t>(BlockType::section)) read_byte_order(file_.peek(12));
  const auto type = static_cast<BlockType>(u32(file_.peek(8).data()));
  const std::uint32_t length = u32(&file_.peek(8)[4]);
  if (length < kEmptyBlock || length % 4 != 0)
    fail("a block length that is a multiple of four from 12", fmt::format("{}", length));
  const bool is_known = type <= BlockType::enhanced_packet || type == BlockType::custom ||
                        type == BlockType::note || type == BlockType::section;
  if (is_known && length > kMaxBlock) {
    fail(fmt::format("a block of at most {} bytes", kMaxBlock), fmt::format("a length of {}", length));
  }
  // What nobody knows may be of any size, and is passed over.
  const std::size_t skipped = is_known ? 0 : length - 4;
  const auto block =
      skipped == file_.skip(skipped) ? file_.peek(length - skipped) : std::span<const std::uint8_t>{};
  if (block.size() < length - skipped) fail("a whole block", "the end of the file");
  if (const std::uint32_t tail = u32(block.last(4).data()); tail != length) {
    fail(fmt::format("the block's length {} again at its end", length), fmt::format("{}", tail));
  }
  file_.consume(block.size());
  if (is_known) handle(type, block.subspan(8, length - kEmptyBlock));
  return true;
}

void PcapngReader::handle(BlockType type, std::span<const std::uint8_t> body) {
  const Fields fields{*this, body};
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
  interface.number = interfaces_seen_++;
  any_is_known_ = any_is_known_ || is_known_link_type(interface.link_type);
  interfaces_.push_back(interface);
}

// `fields` is at the packet's bytes.
void PcapngReader::packet(const Interface& from, std::int64_t time, std::size_t captured, std::uint64_t size,
                          Fields fields) {
  if (captured > fields.left()) {
    fail(fmt::format("packet {} within its block", decoder_.frames() + 1),
         fmt::format("a captured length of {}", captured));
  }
  if (!is_known_link_type(from.link_type)) {
    if (!unknown_type_) {
      unknown_type_ = from.link_type;
      unknown_at_ = block_at_;
    }
    return decoder_.on_unsupported(from.link_type, from.number);
  }
  Frame frame;
  frame.link_type = from.link_type;
  frame.interface = from.number;
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

std::unique_ptr<FrameSource> open_pcapng(InputFile& file, FrameDecoder& decoder) {
  return std::make_unique<PcapngReader>(file, decoder);
}

}  // namespace halfopen
