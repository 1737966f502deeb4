#include "capture/file/pcapng_format.h"

#include <algorithm>

namespace halfopen::pcapng {
namespace {

constexpr std::size_t kLongestOption = 65532;
constexpr std::size_t kLengthAt = 4;  // of the block's total length, after its type

}  // namespace

void BlockBuilder::begin(BlockType type) {
  bytes_.clear();
  put32(static_cast<std::uint32_t>(type));
  put32(0);
}

void BlockBuilder::put16(std::uint32_t value) {
  bytes_.push_back(static_cast<std::uint8_t>(value));
  bytes_.push_back(static_cast<std::uint8_t>(value >> 8));
}

void BlockBuilder::put32(std::uint32_t value) {
  put16(value);
  put16(value >> 16);
}

void BlockBuilder::put_bytes(std::span<const std::uint8_t> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void BlockBuilder::put_text(std::string_view text) { bytes_.insert(bytes_.end(), text.begin(), text.end()); }

void BlockBuilder::pad(std::uint8_t with) { bytes_.resize((bytes_.size() + 3) / 4 * 4, with); }

std::span<std::uint8_t> BlockBuilder::reserve(std::size_t size) {
  bytes_.resize(bytes_.size() + size);
  return std::span{bytes_}.last(size);
}

void BlockBuilder::option_text(std::uint16_t code, std::string_view text) {
  text = text.substr(0, kLongestOption);
  put16(code);
  put16(static_cast<std::uint32_t>(text.size()));
  put_text(text);
  pad();
}

void BlockBuilder::option_32(std::uint16_t code, std::uint32_t value) {
  put16(code);
  put16(4);
  put32(value);
}

void BlockBuilder::option_byte(std::uint16_t code, std::uint8_t value) {
  put16(code);
  put16(1);
  bytes_.push_back(value);
  pad();
}

void BlockBuilder::custom_option_text(std::string_view text) {
  text = text.substr(0, kLongestOption - 4);
  put16(option::custom_text);
  put16(static_cast<std::uint32_t>(text.size() + 4));
  put32(kEnterprise);
  put_text(text);
  pad();
}

std::span<const std::uint8_t> BlockBuilder::finish() {
  const auto length = static_cast<std::uint32_t>(bytes_.size() + 4);
  put32(length);
  for (std::size_t i = 0; i < 4; ++i) bytes_[kLengthAt + i] = static_cast<std::uint8_t>(length >> 8 * i);
  return bytes_;
}

void BlockBuilder::reopen() {
  constexpr std::ptrdiff_t kTail = 2 * sizeof(std::uint32_t);  // end of options, and the length
  bytes_.erase(bytes_.end() - kTail, bytes_.end());
}

}  // namespace halfopen::pcapng
