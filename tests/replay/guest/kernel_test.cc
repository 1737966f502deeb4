// A file that is said to be a kernel, and the modules of one.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "replay/base/errors.h"
#include "replay/guest/decompress.h"
#include "replay/guest/elf_file.h"
#include "replay/guest/file_bytes.h"
#include "replay/guest/kernel_image.h"
#include "replay/guest/kernel_modules.h"
#include "tests/support/debian_kernel.h"
#include "tests/support/scratch.h"

namespace halfopen::guest {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}

std::string at(std::size_t offset, const std::string& bytes, std::size_t size = 4096) {
  std::string all(size, '\0');
  return all.replace(offset, bytes.size(), bytes);
}

// An ELF file of nothing but a header and one note.
std::string vmlinux(Elf64_Half machine, std::uint32_t note_type, const std::string& text = "") {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_machine = machine;
  header.e_phoff = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  struct {
    Elf64_Nhdr head{.n_namesz = 4, .n_descsz = 4, .n_type = 0};
    char name[4] = {'X', 'e', 'n', '\0'};
    std::uint32_t value = 0;
  } note;
  note.head.n_type = note_type;
  Elf64_Phdr segment{};
  segment.p_type = PT_NOTE;
  segment.p_offset = sizeof header + sizeof segment;
  segment.p_filesz = sizeof note;
  const auto view = [](const auto& object) {
    return std::string{reinterpret_cast<const char*>(&object), sizeof object};
  };
  return view(header) + view(segment) + view(note) + text;
}

constexpr std::uint32_t kPvh = 18;

TEST(KernelImages, ThatCannotBeBootedAreRefusedWithAWord) {
  struct Case {
    std::string bytes;
    const char* word;
  };
  const Case cases[] = {
      {at(0x38, "ARM\x64"), "arm64"},
      {"MZ" + at(2, "zimg"), "another architecture"},
      {"\x1f\x8b" + at(0, ""), "compressed with gzip"},
      {at(0, ""), "neither a bzImage nor an ELF vmlinux"},
      {"", "neither a bzImage nor an ELF vmlinux"},
      {vmlinux(EM_AARCH64, kPvh), "arm64"},
      {vmlinux(EM_RISCV, kPvh), "RISC-V"},
      {vmlinux(EM_X86_64, kPvh + 1), "PVH"},
      {std::string{ELFMAG, SELFMAG}, "cut off"},
      {at(0x1fe, std::string{"\x55\xaa\0\0HdrS\x0c\x02", 10}), "32-bit x86"},
  };
  const test::Scratch scratch;
  for (const Case& one : cases) {
    fs::remove(scratch.file("kernel"));
    write_bytes(scratch.file("kernel"), one.bytes);
    try {
      (void)identify_kernel(scratch.file("kernel"));
      ADD_FAILURE() << one.word;
    } catch (const Cannot& error) {
      EXPECT_THAT(error.what(), HasSubstr(one.word));
      EXPECT_THAT(error.what(), HasSubstr(scratch.file("kernel")));
    }
  }
}

TEST(KernelImages, AVmlinuxWithAPvhEntryTellsItsRelease) {
  const test::Scratch scratch;
  write_bytes(scratch.file("vmlinux"), vmlinux(EM_X86_64, kPvh, "Linux version 6.9.1-mine (me@here) (gcc)"));
  EXPECT_EQ(identify_kernel(scratch.file("vmlinux")).release, "6.9.1-mine");
}

TEST(KernelImages, ABzImageTellsItsRelease) {
  const std::string kernel = test::debian_kernel();
  EXPECT_EQ("vmlinuz-" + identify_kernel(kernel).release, fs::path{kernel}.filename());
}

TEST(KernelImages, TheNewestIsThatOfTheHighestVersionNotOfTheLastName) {
  const test::Scratch scratch;
  for (const char* name : {"vmlinuz-6.9.1", "vmlinuz-6.18.2", "vmlinuz-6.2.0", "config-7.0"}) {
    write_bytes(scratch.file(name), "x");
  }
  EXPECT_EQ(newest_kernel(scratch.path()), scratch.file("vmlinuz-6.18.2"));
  EXPECT_THROW((void)newest_kernel(scratch.file("nowhere")), Cannot);
}

std::vector<std::string> names_of(const std::vector<KernelModule>& modules) {
  std::vector<std::string> names;
  for (const KernelModule& module : modules) names.push_back(module.name);
  return names;
}

class Modules : public ::testing::Test {
 protected:
  std::string kernel_ = test::debian_kernel();
  std::string release_ = identify_kernel(kernel_).release;
  std::string directory_ = modules_directory_for(kernel_, release_);
};

TEST_F(Modules, AreFoundAroundAnImageThatLiesAmongThem) {
  const test::Scratch scratch;
  const fs::path among = scratch.path() / "usr" / "lib" / "modules" / "7.2.1-x";
  fs::create_directories(among);
  EXPECT_EQ(modules_directory_for((among / "vmlinuz").string(), "7.2.1-x"), among.string());
  EXPECT_EQ(modules_directory_for((among / "vmlinuz").string(), "7.2.2-x"), "");
}

TEST_F(Modules, ComeAfterWhatTheyDependOn) {
  const KernelModules modules{directory_, release_};
  EXPECT_THAT(names_of(modules.with_dependencies("tcp_diag")),
              ::testing::ElementsAre("inet_diag", "tcp_diag"));
  EXPECT_THAT(names_of(modules.with_dependencies("tun")), ::testing::ElementsAre("tun"));
  EXPECT_THAT(modules.with_dependencies("no_such_module"), ::testing::IsEmpty());
  EXPECT_THAT(modules.congestion_controls(), ::testing::IsSupersetOf({"bbr", "dctcp", "vegas"}));
}

TEST_F(Modules, ThatAreBuiltInAreNotLoaded) {
  const KernelModules modules{directory_, release_};
  EXPECT_TRUE(modules.is_built_in("tcp_cubic"));
  EXPECT_FALSE(modules.is_built_in("tun"));
  EXPECT_THAT(modules.with_dependencies("tcp_cubic"), ::testing::IsEmpty());
}

TEST_F(Modules, OfAnotherKernelAreRefusedBeforeTheBoot) {
  const KernelModules modules{directory_, "6.1.0-other"};
  try {
    (void)modules.with_dependencies("tun");
    FAIL();
  } catch (const Cannot& error) {
    EXPECT_THAT(error.what(), HasSubstr("it was built for " + release_ + ", and the kernel is 6.1.0-other"));
  }
}

TEST_F(Modules, AreTakenCompressedToo) {
  const std::string plain = KernelModules{directory_, release_}.with_dependencies("tun").front().bytes;
  const test::ToolResult found = test::run_tool("find '" + directory_ + "' -name 'tun.ko*'");
  for (const auto& [tool, ending] : {std::pair{"gzip", ".gz"}, {"xz", ".xz"}, {"zstd", ".zst"}}) {
    const test::Scratch scratch;
    const std::string command = std::string{tool} + " -c < '" + found.lines().front() + "' > '" +
                                scratch.file(std::string{"tun.ko"} + ending) + "'";
    ASSERT_EQ(test::run_tool(command).status, 0) << command;
    EXPECT_TRUE((KernelModules{scratch.path(), release_}.with_dependencies("tun").front().bytes == plain))
        << tool;
    // Cut off in the middle it is told, not loaded.
    const std::string file = scratch.file(std::string{"tun.ko"} + ending);
    fs::resize_file(file, fs::file_size(file) / 2);
    EXPECT_THROW((void)(KernelModules{scratch.path(), release_}.with_dependencies("tun")), Cannot) << tool;
  }
}

TEST(Compression, OfAnUnknownKindIsNamed) {
  EXPECT_EQ(decompress("plain"), "plain");
  try {
    (void)decompress("BZh91AY&SY");
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("bzip2"));
  }
}

TEST(ElfFiles, ThatAreCutOffAnywhereAreReadAsFarAsTheyGo) {
  const std::string whole = read_bytes("/bin/sh");
  ASSERT_TRUE(parse_elf(whole));
  EXPECT_THAT(parse_elf(whole)->needed, ::testing::Contains("libc.so.6"));
  for (std::size_t size = 0; size < 4096; size += 7) (void)parse_elf(std::string_view{whole}.substr(0, size));
  EXPECT_FALSE(
      parse_elf("\x7f"
                "ELF"));
}

}  // namespace
}  // namespace halfopen::guest
