// What goes into a guest: the archive, the programs with what they need, and what a command takes along.
#include "replay/guest/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "replay/guest/baggage.h"
#include "replay/guest/cpio.h"
#include "replay/guest/libraries.h"
#include "tests/support/scratch.h"

namespace halfopen::guest {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;

struct Entry {
  unsigned mode = 0;
  unsigned inode = 0;
  unsigned time = 0;
  std::string content;
};

// A reader of archives, written against the format's description.
std::map<std::string, Entry> entries_of(const std::string& archive) {
  std::map<std::string, Entry> entries;
  std::size_t at = 0;
  const auto align = [&] { at = (at + 3) / 4 * 4; };
  while (at + 110 <= archive.size()) {
    EXPECT_EQ(archive.substr(at, 6), "070701");
    const auto field = [&](std::size_t i) {
      return static_cast<unsigned>(std::stoul(archive.substr(at + 6 + 8 * i, 8), nullptr, 16));
    };
    const Entry head{.mode = field(1), .inode = field(0), .time = field(5), .content = {}};
    const std::size_t size = field(6);
    const std::size_t name_size = field(11);
    const std::string name = archive.substr(at + 110, name_size - 1);
    at += 110 + name_size;
    align();
    if (name == "TRAILER!!!") break;
    entries[name] = head;
    entries[name].content = archive.substr(at, size);
    at += size;
    align();
  }
  EXPECT_EQ(at, archive.size());
  return entries;
}

std::string bytes_of(const UniqueFd& file) {
  std::string bytes(static_cast<std::size_t>(lseek(file.get(), 0, SEEK_END)), '\0');
  EXPECT_EQ(pread(file.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  return bytes;
}

std::map<std::string, Entry> entries_of(const GuestImage& image) {
  return entries_of(bytes_of(image.write()));
}

void write_text(const std::string& path, const std::string& text) { std::ofstream{path} << text; }

std::string in_archive(const fs::path& path) { return path.string().substr(1); }

TEST(Cpio, PadsNamesAndContentsToFourBytes) {
  for (std::size_t size = 0; size < 9; ++size) {
    std::string archive;
    CpioWriter writer{[&](std::string_view bytes) { archive += bytes; }};
    const std::string content(size, 'x');
    writer.add(std::string(size + 1, 'n'), S_IFREG | 0644, content);
    writer.finish();
    const auto entries = entries_of(archive);
    ASSERT_THAT(entries, Contains(Key(std::string(size + 1, 'n')))) << size;
    EXPECT_EQ(entries.begin()->second.content, content);
    EXPECT_EQ(entries.begin()->second.mode, static_cast<unsigned>(S_IFREG | 0644));
  }
}

TEST(GuestImage, IsTheSameForTheSameContentAndKnowsNoTime) {
  const test::Scratch scratch;
  write_text(scratch.file("b"), "bee");
  write_text(scratch.file("a"), "ay");
  GuestImage one;
  one.mirror(scratch.file("a"));
  one.mirror(scratch.file("b"));
  GuestImage two;
  two.mirror(scratch.file("b"));
  two.mirror(scratch.file("a"));
  EXPECT_EQ(bytes_of(one.write()), bytes_of(two.write()));
  for (const auto& [name, entry] : entries_of(one)) EXPECT_EQ(entry.time, 0u) << name;
}

TEST(GuestImage, KeepsTheLinksOnTheWayToAFile) {
  const test::Scratch scratch;
  fs::create_directories(scratch.path() / "real");
  write_text(scratch.file("real/file"), "content");
  fs::create_symlink("real", scratch.path() / "link");
  fs::create_symlink("../real/file", scratch.path() / "real/again");
  GuestImage image;
  image.mirror(scratch.file("link/again"));
  const auto entries = entries_of(image);
  EXPECT_EQ(entries.at(in_archive(scratch.path() / "link")).content, "real");
  EXPECT_EQ(entries.at(in_archive(scratch.path() / "real/again")).content, "../real/file");
  EXPECT_EQ(entries.at(in_archive(scratch.path() / "real/file")).content, "content");
}

TEST(GuestImage, ALinkThatLeadsToItselfIsAnErrorAndNoHang) {
  const test::Scratch scratch;
  fs::create_symlink("b", scratch.path() / "a");
  fs::create_symlink("a", scratch.path() / "b");
  GuestImage image;
  EXPECT_THROW(image.mirror(scratch.file("a")), std::runtime_error);
}

TEST(GuestImage, AProgramBringsItsLoaderAndItsLibraries) {
  GuestImage image;
  image.mirror_program(HALFOPEN_BINARY);
  const auto entries = entries_of(image);
  for (const char* library : {"libc.so.6", "libpcap.so", "ld-linux-x86-64.so.2", "libstdc++.so.6"}) {
    const bool is_there = std::ranges::any_of(
        entries, [&](const auto& entry) { return entry.first.find(library) != std::string::npos; });
    EXPECT_TRUE(is_there) << library;
  }
}

TEST(GuestImage, AScriptBringsItsInterpreterAlsoByEnv) {
  const test::Scratch scratch;
  write_text(scratch.file("plain"), "#!/bin/sh\n");
  write_text(scratch.file("by-env"), "#!/usr/bin/env bash\n");
  GuestImage plain;
  plain.mirror_program(scratch.file("plain"));
  EXPECT_THAT(entries_of(plain), Contains(Key("usr/bin/dash")));
  GuestImage by_env;
  by_env.mirror_program(scratch.file("by-env"));
  EXPECT_THAT(entries_of(by_env), Contains(Key("usr/bin/bash")));
  EXPECT_THAT(entries_of(by_env), Contains(Key("usr/bin/env")));
}

TEST(GuestImage, ATreeThatIsTooLargeIsNamed) {
  const test::Scratch scratch;
  write_text(scratch.file("large"), std::string(3u << 20, 'x'));
  GuestImage image;
  EXPECT_NO_THROW(image.mirror_tree(scratch.path(), 4u << 20));
  try {
    GuestImage{}.mirror_tree(scratch.path(), 2u << 20);
    FAIL() << "too much was taken";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("more than 2 MB"));
  }
}

TEST(Libraries, AreFoundByTheUsersPathThenByLdSoConf) {
  const test::Scratch root;
  for (const char* directory : {"etc/ld.so.conf.d", "opt/own", "opt/configured"})
    fs::create_directories(root.path() / directory);
  write_text(root.file("etc/ld.so.conf"), "# ours\ninclude ld.so.conf.d/*.conf\n");
  write_text(root.file("etc/ld.so.conf.d/x.conf"), "/opt/configured\n");
  const auto put = [&](const std::string& path) { fs::copy_file(HALFOPEN_BINARY, root.path() / path); };
  put("opt/configured/libx.so");
  const LibraryFinder finder{root.path().string()};
  EXPECT_EQ(finder.find("libx.so", "/bin/p", {}), "/opt/configured/libx.so");
  put("opt/own/libx.so");
  EXPECT_EQ(finder.find("libx.so", "/opt/program", {"$ORIGIN/own"}), "/opt/own/libx.so");
  EXPECT_EQ(finder.find("libx.so", "/bin/p", {"/opt/own"}), "/opt/own/libx.so");
  EXPECT_EQ(finder.find("liby.so", "/bin/p", {"/opt/own"}), "");
}

TEST(Libraries, OfAnotherMachineDoNotFit) {
  const test::Scratch root;
  fs::create_directories(root.path() / "usr/lib");
  std::string arm =
      std::string{
          "\x7f"
          "ELF\x02\x01\x01"} +
      std::string(57, '\0');
  arm[18] = '\xb7';  // EM_AARCH64
  write_text(root.file("usr/lib/libx.so"), arm);
  EXPECT_EQ(LibraryFinder{root.path().string()}.find("libx.so", "/bin/p", {}), "");
}

class Packing : public ::testing::Test {
 protected:
  Baggage pack_words(std::vector<std::string> words, bool any_program = false) {
    const GuestCommand command{.words = std::move(words),
                               .any_program = any_program,
                               .with = {},
                               .out = out_,
                               .halfopen = HALFOPEN_BINARY,
                               .programs = std::filesystem::path{HALFOPEN_BINARY}.parent_path().string(),
                               .directory = scratch_.path().string()};
    return pack(command, image_, 1u << 30);
  }
  [[nodiscard]] std::string here(const std::string& name) const { return in_archive(scratch_.path() / name); }

  test::Scratch scratch_;
  std::vector<std::string> out_;
  GuestImage image_;
};

TEST_F(Packing, WhatIsWrittenByTheCommandStaysHome) {
  for (const char* name : {"a.pcapng", "b.json", "c.xml", "in.toml"}) write_text(scratch_.file(name), "old");
  const Baggage baggage =
      pack_words({"sim", "in.toml", "-w", "a.pcapng", "--json=b.json", "--junit", "c.xml"});
  const auto entries = entries_of(image_);
  EXPECT_THAT(entries, Contains(Key(here("in.toml"))));
  for (const char* name : {"a.pcapng", "b.json", "c.xml"})
    EXPECT_THAT(entries, Not(Contains(Key(here(name))))) << name;
  EXPECT_THAT(baggage.watched, ElementsAre(scratch_.path().string()));
  EXPECT_EQ(baggage.words.front(), HALFOPEN_BINARY);
}

TEST_F(Packing, OutputsHaveNamesInsideThatDoNotDependOnTheirs) {
  const test::Scratch elsewhere;
  const Baggage one = pack_words({"live", "host-crash", "-w", elsewhere.file("bbr.pcapng"), "--json=x"});
  GuestImage image;
  image_ = std::move(image);
  const Baggage other = pack_words({"live", "host-crash", "-w", "y.pcapng", "--json=" + elsewhere.file("z")});
  EXPECT_EQ(one.words, other.words);
  EXPECT_EQ(one.text, other.text);
  EXPECT_EQ(one.watched, other.watched);
  ASSERT_EQ(one.outputs.size(), 2u);
  EXPECT_EQ(one.outputs[0].path, elsewhere.file("bbr.pcapng"));
  EXPECT_EQ(one.outputs[1].outside, "x");
}

TEST_F(Packing, AnOutputThatCannotBeWrittenIsFoundBeforeTheBoot) {
  fs::create_directory(scratch_.path() / "d.json");
  for (const std::string& name : {scratch_.file("d.json"), scratch_.file("nowhere/x.json")}) {
    EXPECT_THROW((void)pack_words({"sim", "host-crash", "--json", name}), std::runtime_error) << name;
  }
}

TEST_F(Packing, WhatAProgramsArgumentNamesDoesNotComeBack) {
  const test::Scratch elsewhere;
  write_text(elsewhere.file("input"), "x");
  const auto watched = [&](const std::vector<std::string>& words, bool any_program) {
    return pack_words(words, any_program).watched;
  };
  const std::string here = scratch_.path().string();
  EXPECT_THAT(watched({"cat", elsewhere.file("input"), elsewhere.path().string()}, true), ElementsAre(here));
  EXPECT_THAT(watched({"replay", "host-crash", "--", "cat", elsewhere.file("input")}, false),
              ElementsAre(here));
  EXPECT_THAT(entries_of(image_), Contains(Key(in_archive(elsewhere.file("input")))));
  out_ = {elsewhere.file("new")};
  EXPECT_THAT(watched({"cat", elsewhere.file("input")}, true), ElementsAre(here, elsewhere.file("new")));
  out_ = {elsewhere.file("nowhere/new")};
  EXPECT_THROW((void)pack_words({"cat"}, true), std::runtime_error);
}

TEST_F(Packing, FilesOfTheKernelAreTheGuestsOwn) {
  (void)pack_words({"cat", "/proc/cpuinfo", "/sys/kernel/mm/transparent_hugepage/enabled"}, true);
  for (const auto& [name, entry] : entries_of(image_)) {
    EXPECT_FALSE(name.starts_with("proc/") || name.starts_with("sys/")) << name;
  }
}

TEST_F(Packing, ReferencesComeBackFromWhereTheyAreBlessed) {
  const test::Scratch elsewhere;
  write_text(elsewhere.file("mine.toml"), "");
  const std::string here = scratch_.path().string();
  const std::string there = elsewhere.path().string();
  EXPECT_THAT(pack_words({"check", elsewhere.file("mine.toml"), "--bless"}).watched,
              ElementsAre(here, there));
  EXPECT_THAT(pack_words({"check", "--against", there, "--bless"}).watched, ElementsAre(here, there));
  EXPECT_THAT(pack_words({"check", "--against=" + there, "--bless"}).watched, ElementsAre(here, there));
  EXPECT_THAT(pack_words({"check", "--against", there}).watched, ElementsAre(here));
}

TEST_F(Packing, TheUsersClientComesAlongAndItsArgumentsToo) {
  write_text(scratch_.file("client.sh"), "#!/bin/sh\n");
  (void)pack_words({"replay", "host-crash", "--", "bash", "client.sh"});
  const auto entries = entries_of(image_);
  EXPECT_THAT(entries, Contains(Key("usr/bin/bash")));
  EXPECT_THAT(entries, Contains(Key(here("client.sh"))));
}

TEST_F(Packing, AProgramThatIsNowhereIsNamed) {
  EXPECT_THROW((void)pack_words({"no-such-program"}, true), std::runtime_error);
  EXPECT_THROW((void)pack_words({"replay", "host-crash", "--", "no-such-program"}), std::runtime_error);
}

TEST_F(Packing, ADirectoryNamedByAnyProgramDoesNotComeAlong) {
  fs::create_directories(scratch_.path() / "d");
  write_text(scratch_.file("d/file"), "x");
  (void)pack_words({"sh", "d"}, true);
  EXPECT_THAT(entries_of(image_), Contains(Key(here("d"))));
  EXPECT_THAT(entries_of(image_), Not(Contains(Key(here("d/file")))));
}

}  // namespace
}  // namespace halfopen::guest
