// The manifest of a directory of reference captures, manifest.toml: for each how it was made, and what is
// known of it. docs/check.md is the reference of the format.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/check/declared.h"
#include "cli/line/options.h"

namespace halfopen {

struct ManifestEntry {
  std::string file;      // in the manifest's directory
  std::string scenario;  // its name
  Pairing hosts;
  std::vector<std::string> profiles;  // of client and server; of a kernel host "linux-" and its release
  std::string kernel;                 // uname -r; empty if both hosts are models
  std::string date;                   // "2026-11-24", UTC
  std::string command;                // that made it, in that directory
  bool quick = false;
  std::vector<std::string> sets;     // KEY=VALUE
  std::vector<std::string> sysctls;  // "tcp_rmem=..." of all kernel hosts, "client.tcp_retries2=5" of one
  std::string tolerance;             // as `compare --tolerance` has it; empty: its default
  Varying varying;
  std::vector<DeclaredDifferences> declared;
  std::string place;  // where it is written: "pcaps/manifest.toml:12:1"
};

struct Manifest {
  std::filesystem::path directory;
  std::string header;                  // the comments before the first entry
  std::vector<ManifestEntry> entries;  // in order of file

  [[nodiscard]] std::filesystem::path path() const { return directory / "manifest.toml"; }
  [[nodiscard]] ManifestEntry* find(std::string_view file);
  // Takes the place of the entry for the same file, or is added.
  void put(ManifestEntry entry);
};

// That of `directory`; nullopt if it has none. Throws InputError for what is wrong in it, Trouble if it
// cannot be read.
[[nodiscard]] std::optional<Manifest> read_manifest(const std::filesystem::path& directory);
// The same of its text; `directory` is where it lies. Throws InputError.
[[nodiscard]] Manifest parse_manifest(std::string_view text, const std::filesystem::path& directory);
// The text of manifest.toml: the header, then the entries; the same entries give the same text.
[[nodiscard]] std::string text_of(const Manifest& manifest);
// Writes it into its directory, whole or not at all. Throws CaptureError.
void write_manifest(const Manifest& manifest);

}  // namespace halfopen
