// Files that are compressed as a whole.
#pragma once

#include <string>
#include <string_view>

namespace halfopen::guest {

// "gzip", "xz", "zstd", "bzip2", "lz4" or "lzma" by a file's first bytes; empty for none of these.
[[nodiscard]] std::string_view compression_of(std::string_view bytes);
// The content of what gzip, xz or zstd made, all of it; bytes that are not compressed as they are. Throws
// std::runtime_error, one line without a file's name, for another compression and for broken data.
[[nodiscard]] std::string decompress(std::string bytes);

}  // namespace halfopen::guest
