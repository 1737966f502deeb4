// Files that a guest names, written on this machine below one directory and nowhere else.
#pragma once

#include <string>
#include <string_view>

namespace halfopen::guest {

// Writes `bytes` as the file `name`, a path relative to `directory`, with the directories on the way to it;
// whole or not at all. No link is followed below `directory`, nothing leads out of it, and what is there and
// is no regular file stays (openat2(2): RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS). Throws std::runtime_error, one
// line with the name and what is in the way.
void write_beneath(const std::string& directory, const std::string& name, std::string_view bytes);

}  // namespace halfopen::guest
