// TCP options: the bytes in wire order (order is an operating system's fingerprint, and unknown options are
// kept), with the known ones decoded beside them. RFC 9293 section 3.1, RFC 7323, RFC 2018, RFC 7413, RFC
// 9768.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "sim/wire/acc_ecn_option.h"
#include "sim/wire/fast_open_option.h"
#include "sim/wire/seq.h"

namespace halfopen {

enum class TcpOptionKind : std::uint8_t {
  end = 0,
  nop = 1,
  mss = 2,
  window_scale = 3,
  sack_permitted = 4,
  sack = 5,
  timestamps = 8,
  fast_open = 34,
  acc_ecn_ect0_first = 172,  // RFC 9768
  acc_ecn_ect1_first = 174,
  experiment = 254,  // RFC 6994; of these only Fast Open's is decoded
};

struct Timestamps {
  TsVal value;
  TsVal echo;  // TSecr
  friend constexpr bool operator==(const Timestamps&, const Timestamps&) = default;
};

class TcpOptions {
 public:
  static constexpr std::size_t kMaxBytes = 40;  // a 4-bit data offset leaves no more
  static constexpr std::size_t kMaxSack = 4;

  // Decodes `wire` (at most 40 bytes). nullopt when a length runs past the end, is 0 or 1, or a known option
  // has the wrong length; `fault`, if given, is then where the first wrong option begins. Bytes after an
  // end-of-list option are kept, not decoded.
  [[nodiscard]] static std::optional<TcpOptions> parse(std::span<const std::uint8_t> wire,
                                                       std::size_t* fault = nullptr);

  // Reads `wire` as far as it can be read: the head of `whole` bytes (at most 40) of options that a capture
  // may have cut. As systems do, an option whose length is not its kind's is passed over, and so is
  // everything from a length that cannot be on. In the value's bytes these are no-operations, and the rest is
  // end-of-list.
  [[nodiscard]] static TcpOptions read(std::span<const std::uint8_t> wire, std::size_t whole);

  // Where the first wrong option of `wire` begins, by the rules of parse(); nullopt if none is.
  [[nodiscard]] static std::optional<std::size_t> find_fault(std::span<const std::uint8_t> wire);
  // The window scale alone, by the rules of read() and without making a value.
  [[nodiscard]] static std::optional<std::uint8_t> find_window_scale(std::span<const std::uint8_t> wire);

  // Builders append in call order; the caller keeps the sum within 40 bytes and pads (see pad()).
  void add_nop();
  void add_mss(std::uint16_t mss);
  void add_window_scale(std::uint8_t shift);
  void add_sack_permitted();
  void add_timestamps(Timestamps ts);
  void add_sack(std::span<const SeqSpan> blocks);  // 1 to 4 blocks
  void add_fast_open(const FastOpenOption& option);
  void add_acc_ecn(const AccEcnOption& option);
  void pad();  // end-of-list bytes up to a multiple of four

  [[nodiscard]] std::span<const std::uint8_t> wire() const { return {wire_.data(), size_}; }
  [[nodiscard]] std::optional<std::uint16_t> mss() const {
    return has(kMss) ? std::optional{mss_} : std::nullopt;
  }
  [[nodiscard]] std::optional<std::uint8_t> window_scale() const {
    return has(kScale) ? std::optional{scale_} : std::nullopt;
  }
  [[nodiscard]] bool sack_permitted() const { return has(kSackOk); }
  [[nodiscard]] bool has_timestamps() const { return has(kTs); }
  [[nodiscard]] const Timestamps& timestamps() const { return ts_; }  // meaningful if has_timestamps()
  [[nodiscard]] std::span<const SeqSpan> sack() const { return {sack_.data(), sack_count_}; }
  [[nodiscard]] bool has_fast_open() const { return has(kFastOpen); }
  // nullopt if there is none, or one whose cookie is longer than any.
  [[nodiscard]] std::optional<FastOpenOption> fast_open() const;
  // Its first three whole counters; nullopt if there is none.
  [[nodiscard]] std::optional<AccEcnOption> acc_ecn() const;

 private:
  enum Bit : std::uint8_t { kMss = 1, kScale = 2, kSackOk = 4, kTs = 8, kFastOpen = 16, kAccEcn = 32 };
  [[nodiscard]] bool has(Bit bit) const { return (present_ & bit) != 0; }
  // One whole option of a fitting length, which begins at `at` in the list.
  void decode(std::span<const std::uint8_t> option, std::size_t at);
  std::uint8_t* grow(std::size_t bytes);

  std::array<std::uint8_t, kMaxBytes> wire_;  // the first size_ bytes are meaningful
  std::uint8_t size_ = 0;
  std::uint8_t present_ = 0;
  std::uint8_t scale_ = 0;
  std::uint8_t sack_count_ = 0;
  std::uint8_t fast_open_at_ = 0;  // where in wire_; rare, so it is read when asked for
  std::uint8_t acc_ecn_at_ = 0;    // the same
  std::uint16_t mss_ = 0;
  Timestamps ts_;
  std::array<SeqSpan, kMaxSack> sack_;
};

}  // namespace halfopen
