#include "replay/guest/decompress.h"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

namespace halfopen::guest {
namespace {

using Block = std::array<char, 1u << 16>;

struct Magic {
  std::string_view bytes;
  std::string_view name;
};
constexpr std::array kMagics{Magic{"\x1f\x8b", "gzip"},
                             Magic{{"\xfd"
                                    "7zXZ\0",
                                    6},
                                   "xz"},
                             Magic{"\x28\xb5\x2f\xfd", "zstd"},
                             Magic{"BZh", "bzip2"},
                             Magic{"\x02\x21\x4c\x18", "lz4"},
                             Magic{"\x04\x22\x4d\x18", "lz4"},
                             Magic{{"\x5d\0\0", 3}, "lzma"}};

[[noreturn]] void broken(std::string_view name) {
  throw std::runtime_error{"its " + std::string{name} + " data is broken"};
}

std::string unzip(std::string& bytes) {
  constexpr int kGzip = 16 + MAX_WBITS;  // zlib.h: a gzip header is expected
  z_stream stream{};
  if (inflateInit2(&stream, kGzip) != Z_OK) throw std::bad_alloc{};
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> owner{&stream, &inflateEnd};
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  if (bytes.size() > std::numeric_limits<uInt>::max()) throw std::runtime_error{"it is larger than 4 GiB"};
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string content;
  auto block = std::make_unique<Block>();
  for (int result = Z_OK; result != Z_STREAM_END;) {
    stream.next_out = reinterpret_cast<Bytef*>(block->data());
    stream.avail_out = static_cast<uInt>(block->size());
    result = inflate(&stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END) broken("gzip");
    content.append(block->data(), block->size() - stream.avail_out);
  }
  return content;
}

std::string unxz(const std::string& bytes) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, std::numeric_limits<std::uint64_t>::max(), 0) != LZMA_OK)
    throw std::bad_alloc{};
  const std::unique_ptr<lzma_stream, decltype(&lzma_end)> owner{&stream, &lzma_end};
  stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  stream.avail_in = bytes.size();
  std::string content;
  auto block = std::make_unique<Block>();
  for (lzma_ret result = LZMA_OK; result != LZMA_STREAM_END;) {
    stream.next_out = reinterpret_cast<std::uint8_t*>(block->data());
    stream.avail_out = block->size();
    result = lzma_code(&stream, LZMA_FINISH);
    if (result != LZMA_OK && result != LZMA_STREAM_END) broken("xz");
    content.append(block->data(), block->size() - stream.avail_out);
  }
  return content;
}

std::string unzstd(const std::string& bytes) {
  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream{ZSTD_createDStream(),
                                                                          &ZSTD_freeDStream};
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string content;
  auto block = std::make_unique<Block>();
  for (std::size_t left = 1; left != 0;) {
    ZSTD_outBuffer out{block->data(), block->size(), 0};
    const std::size_t before = in.pos;
    left = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(left) != 0 || (in.pos == before && out.pos == 0)) broken("zstd");
    content.append(block->data(), out.pos);
  }
  return content;
}

}  // namespace

std::string_view compression_of(std::string_view bytes) {
  for (const Magic& magic : kMagics) {
    if (bytes.starts_with(magic.bytes)) return magic.name;
  }
  return {};
}

std::string decompress(std::string bytes) {
  const std::string_view name = compression_of(bytes);
  if (name.empty()) return bytes;
  if (name == "gzip") return unzip(bytes);
  if (name == "xz") return unxz(bytes);
  if (name == "zstd") return unzstd(bytes);
  throw std::runtime_error{"it is compressed with " + std::string{name} + ", which is not known here"};
}

}  // namespace halfopen::guest
