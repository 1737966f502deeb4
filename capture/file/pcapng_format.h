// The numbers of the pcapng format (draft-ietf-opsawg-pcapng) that we write and read, and ours within it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace halfopen::pcapng {

enum class BlockType : std::uint32_t {
  interface = 1,
  packet = 2,  // obsolete
  simple_packet = 3,
  names = 4,
  enhanced_packet = 6,
  custom = 0x00000bad,
  note = 0x80000bad,  // ours, of the types for local use: readers pass over it, where Wireshark lists a
                      // custom block as a record without a time
  section = 0x0a0d0d0a,
};

inline constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;
inline constexpr std::uint32_t kEnterprise = 32473;  // documentation use (RFC 5612)

namespace option {
inline constexpr std::uint16_t end = 0;
inline constexpr std::uint16_t comment = 1;
inline constexpr std::uint16_t custom_text = 2988;  // enterprise number, then UTF-8; copied by editors
inline constexpr std::uint16_t shb_application = 4;
inline constexpr std::uint16_t if_name = 2;
inline constexpr std::uint16_t if_tsresol = 9;
inline constexpr std::uint16_t if_tsoffset = 14;
inline constexpr std::uint16_t epb_flags = 2;
}  // namespace option

namespace name_record {
inline constexpr std::uint16_t end = 0;
inline constexpr std::uint16_t ipv4 = 1;
inline constexpr std::uint16_t ipv6 = 2;
}  // namespace name_record

// epb_flags: the direction is the low two bits.
inline constexpr std::uint32_t kInbound = 1;
inline constexpr std::uint32_t kOutbound = 2;

// One block at a time, little-endian whatever the machine. The bytes are reused from block to block.
class BlockBuilder {
 public:
  void begin(BlockType type);
  void put16(std::uint32_t value);  // the low 16 bits
  void put32(std::uint32_t value);
  void put64(std::uint64_t value) {
    put32(static_cast<std::uint32_t>(value));
    put32(static_cast<std::uint32_t>(value >> 32));
  }
  void put_bytes(std::span<const std::uint8_t> bytes);
  void put_text(std::string_view text);
  void pad(std::uint8_t with = 0);  // to a multiple of four
  // `size` bytes for the caller to fill at once.
  std::span<std::uint8_t> reserve(std::size_t size);

  // Options are cut at 65532 bytes.
  void option_text(std::uint16_t code, std::string_view text);
  void option_32(std::uint16_t code, std::uint32_t value);
  void option_byte(std::uint16_t code, std::uint8_t value);
  void custom_option_text(std::string_view text);  // ours, by kEnterprise
  void end_options() { put32(0); }

  // Closes the block and gives its bytes, valid until the next begin() or reopen().
  [[nodiscard]] std::span<const std::uint8_t> finish();
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  // Takes back finish() and end_options(): more options may follow.
  void reopen();

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace halfopen::pcapng
