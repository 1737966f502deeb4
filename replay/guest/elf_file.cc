#include "replay/guest/elf_file.h"

#include <elf.h>

#include <cstring>

namespace halfopen::guest {
namespace {

constexpr std::uint32_t kXenPhys32Entry = 18;  // XEN_ELFNOTE_PHYS32_ENTRY, Xen's public/elfnote.h

std::string_view slice(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
  return offset > bytes.size() ? std::string_view{} : bytes.substr(offset, size);
}

// A structure at an offset; nullopt where the file ends before it does.
template <class Structure>
std::optional<Structure> at(std::string_view bytes, std::uint64_t offset) {
  const std::string_view found = slice(bytes, offset, sizeof(Structure));
  if (found.size() != sizeof(Structure)) return std::nullopt;
  Structure structure;
  std::memcpy(&structure, found.data(), sizeof structure);
  return structure;
}

std::string_view text_at(std::string_view table, std::uint64_t offset) {
  const std::string_view text = slice(table, offset, table.size());
  return text.substr(0, text.find('\0'));
}

std::vector<Elf64_Phdr> segments_of(std::string_view bytes, const Elf64_Ehdr& header) {
  std::vector<Elf64_Phdr> segments;
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = at<Elf64_Phdr>(bytes, header.e_phoff + i * header.e_phentsize);
    if (!segment) break;
    segments.push_back(*segment);
  }
  return segments;
}

// From an address in memory to the bytes in the file.
std::string_view loaded_at(std::string_view bytes, const std::vector<Elf64_Phdr>& segments,
                           std::uint64_t address) {
  for (const Elf64_Phdr& segment : segments) {
    const std::uint64_t distance = address - segment.p_vaddr;
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr && distance < segment.p_filesz) {
      return slice(slice(bytes, segment.p_offset, segment.p_filesz), distance, segment.p_filesz);
    }
  }
  return {};
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t colon = path.find(':');
    if (colon != 0) parts.emplace_back(path.substr(0, colon));
    path = colon == std::string_view::npos ? std::string_view{} : path.substr(colon + 1);
  }
  return parts;
}

void read_dynamic(ElfFile& file, std::string_view bytes, const std::vector<Elf64_Phdr>& segments,
                  const Elf64_Phdr& dynamic) {
  std::vector<Elf64_Dyn> entries;
  std::string_view names;
  for (std::uint64_t at_byte = 0; at_byte < dynamic.p_filesz; at_byte += sizeof(Elf64_Dyn)) {
    const auto entry = at<Elf64_Dyn>(bytes, dynamic.p_offset + at_byte);
    if (!entry || entry->d_tag == DT_NULL) break;
    if (entry->d_tag == DT_STRTAB) names = loaded_at(bytes, segments, entry->d_un.d_ptr);
    entries.push_back(*entry);
  }
  std::string_view rpath;
  std::string_view runpath;
  for (const Elf64_Dyn& entry : entries) {
    if (entry.d_tag == DT_NEEDED) file.needed.emplace_back(text_at(names, entry.d_un.d_val));
    if (entry.d_tag == DT_RPATH) rpath = text_at(names, entry.d_un.d_val);
    if (entry.d_tag == DT_RUNPATH) runpath = text_at(names, entry.d_un.d_val);
  }
  file.search_path = split_path(runpath.empty() ? rpath : runpath);
}

bool has_pvh_note(std::string_view notes) {
  constexpr std::uint64_t kAlign = 4;
  const auto padded = [](std::uint64_t size) { return (size + kAlign - 1) / kAlign * kAlign; };
  while (const auto note = at<Elf64_Nhdr>(notes, 0)) {
    const std::string_view name = slice(notes, sizeof(Elf64_Nhdr), note->n_namesz);
    if (note->n_type == kXenPhys32Entry && name == std::string_view{"Xen\0", 4}) return true;
    const std::uint64_t size = sizeof(Elf64_Nhdr) + padded(note->n_namesz) + padded(note->n_descsz);
    notes = slice(notes, size, notes.size());
  }
  return false;
}

std::string_view section_named(std::string_view bytes, const Elf64_Ehdr& header, std::string_view wanted) {
  const auto section = [&](std::uint64_t index) {
    return at<Elf64_Shdr>(bytes, header.e_shoff + index * header.e_shentsize);
  };
  const auto names = section(header.e_shstrndx);
  if (!names) return {};
  const std::string_view table = slice(bytes, names->sh_offset, names->sh_size);
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto found = section(i);
    if (found && text_at(table, found->sh_name) == wanted)
      return slice(bytes, found->sh_offset, found->sh_size);
  }
  return {};
}

}  // namespace

bool is_elf(std::string_view bytes) { return bytes.starts_with(std::string_view{ELFMAG, SELFMAG}); }

std::optional<ElfFile> parse_elf(std::string_view bytes) {
  const auto header = at<Elf64_Ehdr>(bytes, 0);
  if (!is_elf(bytes) || !header) return std::nullopt;
  ElfFile file;
  file.is_64_bit = header->e_ident[EI_CLASS] == ELFCLASS64;
  file.machine = header->e_machine;  // at the same place in both classes
  if (!file.is_64_bit || header->e_ident[EI_DATA] != ELFDATA2LSB) return file;
  const std::vector<Elf64_Phdr> segments = segments_of(bytes, *header);
  for (const Elf64_Phdr& segment : segments) {
    const std::string_view content = slice(bytes, segment.p_offset, segment.p_filesz);
    if (segment.p_type == PT_INTERP) file.interpreter = text_at(content, 0);
    if (segment.p_type == PT_DYNAMIC) read_dynamic(file, bytes, segments, segment);
    if (segment.p_type == PT_NOTE) file.has_pvh_entry |= has_pvh_note(content);
  }
  file.modinfo = section_named(bytes, *header, ".modinfo");
  return file;
}

}  // namespace halfopen::guest
