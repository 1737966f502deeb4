// What an ELF file says of itself, as far as a guest has to know (elf(5)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halfopen::guest {

struct ElfFile {
  bool is_64_bit = false;
  std::uint16_t machine = 0;        // EM_X86_64 ...; what follows is read for 64-bit little-endian files only
  std::string interpreter;          // PT_INTERP: the dynamic loader; empty for a static program
  std::vector<std::string> needed;  // DT_NEEDED: names of shared libraries
  std::vector<std::string> search_path;  // DT_RUNPATH, else DT_RPATH; $ORIGIN as it stands
  bool has_pvh_entry = false;            // Xen's note PHYS32_ENTRY: QEMU can start such a kernel
  std::string modinfo;  // the section .modinfo of a kernel module: NAME=value, each ended by a zero
};

[[nodiscard]] bool is_elf(std::string_view bytes);
// nullopt for what is no ELF file. What a broken or cut-off file does not hold is as if it were not there.
[[nodiscard]] std::optional<ElfFile> parse_elf(std::string_view bytes);

}  // namespace halfopen::guest
