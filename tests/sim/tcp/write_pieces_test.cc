#include "sim/tcp/write_pieces.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace halfopen::test {
namespace {

using Sizes = std::vector<std::uint32_t>;

// The pieces of a write of `bytes` for which there is `space`.
Sizes pieces_of(std::string_view os, std::uint32_t bytes, std::uint32_t space) {
  const SocketProfile& profile = find_profile(os)->socket;
  WritePieces pieces;
  pieces.add(bytes, space);
  Sizes sizes;
  for (std::uint32_t held = pieces.held(); pieces.release(profile); held = pieces.held())
    sizes.push_back(held - pieces.held());
  return sizes;
}

// kern/uipc_socket.c sosend of 4.4BSD-Lite2, with MCLBYTES 2048 and MHLEN 100.
TEST(WritePieces, AreClustersAsLongAsOneFits) {
  EXPECT_EQ(pieces_of("4.4bsd", 5000, 8760), (Sizes{2048, 2048, 904}));
  EXPECT_EQ(pieces_of("4.4bsd", 208, 8760), (Sizes{208}));
}

TEST(WritePieces, AreMbufsForWhatIsSmallOrHasLittleRoom) {
  EXPECT_EQ(pieces_of("4.4bsd", 207, 8760), (Sizes{100, 100, 7}));
  EXPECT_EQ(pieces_of("4.4bsd", 2400, 2400), (Sizes{2048, 100, 100, 100, 52}));
  EXPECT_EQ(pieces_of("4.4bsd", 250, 2047), (Sizes{100, 100, 50}));
}

TEST(WritePieces, OthersWriteInOne) {
  EXPECT_EQ(pieces_of("linux", 50'000, 87'380), (Sizes{50'000}));
  EXPECT_EQ(pieces_of("freebsd-14", 150, 65'536), (Sizes{150}));
}

TEST(WritePieces, WhatIsClearedIsNoPiece) {
  WritePieces pieces;
  pieces.add(5000, 8760);
  pieces.clear();
  EXPECT_EQ(pieces.held(), 0u);
  EXPECT_FALSE(pieces.release(find_profile("4.4bsd")->socket));
}

}  // namespace
}  // namespace halfopen::test
