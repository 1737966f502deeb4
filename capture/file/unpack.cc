// gzip (RFC 1952), zstd (RFC 8878) and lz4's frames, each by its own library, a piece at a time.
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

#include "capture/file/byte_source.h"
#include "sim/wire/bytes.h"

namespace halfopen {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 16;

// What all of them have in common: pieces of packed bytes, of which some may have been read already.
class Unpacker : public ByteSource {
 public:
  explicit Unpacker(std::unique_ptr<ByteSource> packed) : packed_{std::move(packed)}, buffer_(kPiece) {}
  std::size_t read(std::span<std::uint8_t> room) override;

 protected:
  // Unpacks some of `in`, from which it takes what it used, into `room`; returns how many bytes came out, and
  // says in `is_at_end` whether a member or frame is over. Throws SourceError for data that is broken.
  virtual std::size_t step(std::span<const std::uint8_t>& in, std::span<std::uint8_t> room,
                           bool& is_at_end) = 0;
  // What stands behind a member or frame: another one, or padding that ends the file.
  [[nodiscard]] virtual bool begins_another(std::uint8_t) const { return true; }
  [[nodiscard]] virtual std::string_view expected() const = 0;

 private:
  std::unique_ptr<ByteSource> packed_;
  std::vector<std::uint8_t> buffer_;
  std::span<const std::uint8_t> left_;  // of what was read, not unpacked yet
  bool is_at_end_ = false;              // nothing of a member or frame is missing
  bool is_over_ = false;
};

std::size_t Unpacker::read(std::span<std::uint8_t> room) {
  while (!is_over_) {
    if (left_.empty()) left_ = std::span{buffer_}.first(packed_->read(buffer_));
    if (left_.empty() && is_at_end_) break;
    if (is_at_end_ && !begins_another(left_[0])) break;
    const bool is_cut = left_.empty();  // there may still be bytes inside the library
    const std::size_t before = left_.size();
    const std::size_t got = step(left_, room, is_at_end_);
    if (got > 0) return got;
    if (is_cut && !is_at_end_) throw SourceError{expected(), "the end of the file"};
    if (before > 0 && left_.size() == before && !is_at_end_) throw SourceError{expected(), "no progress"};
  }
  is_over_ = true;
  return 0;
}

class Gunzip : public Unpacker {
 public:
  explicit Gunzip(std::unique_ptr<ByteSource> packed) : Unpacker{std::move(packed)} {
    constexpr int kGzipOnly = 16;  // added to the window's size
    if (inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) throw std::bad_alloc{};
  }
  ~Gunzip() override { inflateEnd(&stream_); }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

 protected:
  std::size_t step(std::span<const std::uint8_t>& in, std::span<std::uint8_t> room,
                   bool& is_at_end) override {
    if (is_at_end) inflateReset(&stream_);
    stream_.next_in = const_cast<std::uint8_t*>(in.data());  // zlib only reads
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = room.data();
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(room.size(), kPiece));
    const std::size_t most = stream_.avail_out;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    in = in.last(stream_.avail_in);
    is_at_end = result == Z_STREAM_END;
    const bool is_fine = result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR;
    if (!is_fine) throw SourceError{expected(), stream_.msg != nullptr ? stream_.msg : "broken data"};
    return most - stream_.avail_out;
  }
  // gzip passes over zeros, which tapes leave, and anything else that is no member.
  [[nodiscard]] bool begins_another(std::uint8_t first) const override { return first == 0x1f; }
  [[nodiscard]] std::string_view expected() const override { return "whole gzip data"; }

 private:
  z_stream stream_{};
};

class Unzstd : public Unpacker {
 public:
  explicit Unzstd(std::unique_ptr<ByteSource> packed)
      : Unpacker{std::move(packed)}, stream_{ZSTD_createDStream(), ZSTD_freeDStream} {}

 protected:
  std::size_t step(std::span<const std::uint8_t>& in, std::span<std::uint8_t> room,
                   bool& is_at_end) override {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{room.data(), room.size(), 0};
    const std::size_t result = ZSTD_decompressStream(stream_.get(), &output, &input);
    if (ZSTD_isError(result) != 0) throw SourceError{expected(), ZSTD_getErrorName(result)};
    in = in.subspan(input.pos);
    is_at_end = result == 0;
    return output.pos;
  }
  [[nodiscard]] std::string_view expected() const override { return "whole zstd data"; }

 private:
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream_;
};

class Unlz4 : public Unpacker {
 public:
  explicit Unlz4(std::unique_ptr<ByteSource> packed) : Unpacker{std::move(packed)} {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) != 0) throw std::bad_alloc{};
  }
  ~Unlz4() override { LZ4F_freeDecompressionContext(context_); }
  Unlz4(const Unlz4&) = delete;
  Unlz4& operator=(const Unlz4&) = delete;

 protected:
  std::size_t step(std::span<const std::uint8_t>& in, std::span<std::uint8_t> room,
                   bool& is_at_end) override {
    std::size_t taken = in.size();
    std::size_t given = room.size();
    const std::size_t result = LZ4F_decompress(context_, room.data(), &given, in.data(), &taken, nullptr);
    if (LZ4F_isError(result) != 0) throw SourceError{expected(), LZ4F_getErrorName(result)};
    in = in.subspan(taken);
    is_at_end = result == 0;
    return given;
  }
  [[nodiscard]] std::string_view expected() const override { return "whole lz4 data"; }

 private:
  LZ4F_dctx* context_ = nullptr;
};

constexpr std::uint32_t kZstd = 0x28b5'2ffd;
constexpr std::uint32_t kLz4 = 0x0422'4d18;
constexpr std::uint32_t kGzip = 0x1f8b'08;  // with its one method

}  // namespace

bool is_packed(std::span<const std::uint8_t> head) {
  const std::uint32_t magic = wire::get32(head.data());
  return magic == kZstd || magic == kLz4 || magic >> 8 == kGzip;
}

std::unique_ptr<ByteSource> unpack(std::span<const std::uint8_t> head, std::unique_ptr<ByteSource> packed) {
  const std::uint32_t magic = wire::get32(head.data());
  if (magic == kZstd) return std::make_unique<Unzstd>(std::move(packed));
  if (magic == kLz4) return std::make_unique<Unlz4>(std::move(packed));
  return std::make_unique<Gunzip>(std::move(packed));
}

}  // namespace halfopen
