#include "replay/guest/kernel_image.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "replay/base/errors.h"
#include "replay/guest/decompress.h"
#include "replay/guest/elf_file.h"
#include "replay/guest/file_bytes.h"

namespace halfopen::guest {
namespace {

// The header of an x86 kernel (Documentation/arch/x86/boot.rst): offsets in the file.
constexpr std::size_t kBootFlag = 0x1fe;        // 0xaa55
constexpr std::size_t kMagic = 0x202;           // "HdrS"
constexpr std::size_t kProtocol = 0x206;        // 2 bytes
constexpr std::size_t kVersionPointer = 0x20e;  // of the version's text, less 0x200
constexpr std::size_t kLoadFlags = 0x236;       // since protocol 2.12; bit 0: has a 64-bit entry
constexpr std::uint16_t kLoadFlagsSince = 0x020c;
constexpr std::size_t kArm64Magic = 0x38;  // Documentation/arch/arm64/booting.rst
constexpr std::size_t kLongestHeader = 0x10000;

std::uint16_t word_at(std::string_view bytes, std::size_t offset) {
  std::uint16_t word = 0;
  if (bytes.size() >= offset + sizeof word) std::memcpy(&word, bytes.data() + offset, sizeof word);
  return word;
}

std::string first_word(std::string_view text) {
  return std::string{text.substr(0, text.find_first_of(std::string_view{" \n\0", 3}))};
}

[[noreturn]] void refuse(const std::string& path, std::string_view why) {
  throw Cannot{path + " cannot be booted: " + std::string{why}};
}

std::string architecture(std::uint16_t machine) {
  switch (machine) {
    case EM_386: return "32-bit x86";
    case EM_AARCH64: return "arm64";
    case EM_ARM: return "arm";
    case EM_RISCV: return "RISC-V";
    case EM_PPC64: return "ppc64";
    case EM_S390: return "s390";
    case EM_MIPS: return "MIPS";
    default: return "machine " + std::to_string(machine);
  }
}

KernelImage identify_bzimage(const std::string& path, std::string_view bytes) {
  if (word_at(bytes, kProtocol) >= kLoadFlagsSince && (word_at(bytes, kLoadFlags) & 1) == 0) {
    refuse(path, "it is a kernel for 32-bit x86, and the guest is x86-64");
  }
  const std::size_t pointer = word_at(bytes, kVersionPointer);
  const std::size_t at = pointer + 0x200;
  return {.path = path, .release = pointer == 0 || at > bytes.size() ? "" : first_word(bytes.substr(at))};
}

KernelImage identify_vmlinux(const std::string& path) {
  const std::string bytes = read_bytes(path);
  const std::optional<ElfFile> elf = parse_elf(bytes);
  if (!elf) refuse(path, "its ELF header is cut off");
  if (elf->machine != EM_X86_64 || !elf->is_64_bit) {
    refuse(path, "it is for " + architecture(elf->machine) + ", and the guest is x86-64");
  }
  if (!elf->has_pvh_entry) {
    refuse(path,
           "an ELF file boots only with a PVH entry (CONFIG_PVH=y), and this one has none; "
           "arch/x86/boot/bzImage of the same build will do");
  }
  constexpr std::string_view kBanner = "Linux version ";
  const std::size_t banner = bytes.find(kBanner);
  return {.path = path,
          .release = banner == std::string::npos
                         ? ""
                         : first_word(std::string_view{bytes}.substr(banner + kBanner.size()))};
}

}  // namespace

KernelImage identify_kernel(const std::string& path) {
  if (std::filesystem::is_directory(path)) refuse(path, "it is a directory");
  const std::string start = read_start(path, kLongestHeader);
  const std::string_view bytes{start};
  if (is_elf(bytes)) return identify_vmlinux(path);
  if (word_at(bytes, kBootFlag) == 0xaa55 && bytes.size() > kMagic + 4 && bytes.substr(kMagic, 4) == "HdrS") {
    return identify_bzimage(path, bytes);
  }
  if (bytes.size() > kArm64Magic + 4 && bytes.substr(kArm64Magic, 4) == "ARM\x64") {
    refuse(path, "it is for arm64, and the guest is x86-64");
  }
  if (bytes.starts_with("MZ") && bytes.substr(4, 4) == "zimg") {
    refuse(path, "it is a compressed EFI kernel of another architecture, and the guest is x86-64");
  }
  if (const std::string_view compression = compression_of(bytes); !compression.empty()) {
    refuse(path, "it is compressed with " + std::string{compression} + " as a whole; unpack it first");
  }
  refuse(path, "it is neither a bzImage nor an ELF vmlinux");
}

std::string newest_kernel(const std::string& directory) {
  std::string newest;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{directory, error}) {
    const std::string path = entry.path().string();
    if (!entry.path().filename().string().starts_with("vmlinuz-") || access(path.c_str(), R_OK) != 0)
      continue;
    if (newest.empty() || strverscmp(path.c_str(), newest.c_str()) > 0) newest = path;
  }
  if (!newest.empty()) return newest;
  throw Cannot{"no kernel in " + directory +
               " that can be read: name one with --kernel (scripts/get-kernel downloads Debian's)"};
}

}  // namespace halfopen::guest
