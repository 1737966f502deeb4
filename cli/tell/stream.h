// Standard output and standard error, where a write that fails is not overlooked. stdio alone does: a
// line-buffered fwrite() whose flush fails returns success and leaves a mark.
#pragma once

#include <cstdio>
#include <string_view>

namespace halfopen {

// Opens what is closed of descriptors 0, 1 and 2, so that no file of ours gets their numbers and with them
// what is meant for a person. Reading and writing there fail as they would have. To be called before anything
// is opened; throws Trouble where /dev/null cannot be opened.
void occupy_standard_descriptors();

// Writes all of `bytes` to stdout, stderr or a pager; the status line (status_line.h) is erased before. False
// where the reader has left (EPIPE), which is no trouble; throws Trouble for what cannot be written.
bool put(std::FILE* stream, std::string_view bytes);
// Hands what was put to the system. As put().
bool flush(std::FILE* stream);

// "halfopen: MESSAGE" on standard error, after what standard output was given: an error, or a remark on the
// whole run. Where it cannot be written the exit status still tells.
void complain(std::string_view message);

}  // namespace halfopen
