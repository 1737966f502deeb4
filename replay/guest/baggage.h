// What a command takes along into the guest, and whose changes come back: decided from its words and from
// what is on this machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "replay/guest/image.h"
#include "replay/guest/output_names.h"

namespace halfopen::guest {

struct GuestCommand {
  std::vector<std::string> words;  // a halfopen command with its arguments, or any program with its own
  bool any_program = false;        // words[0] is a program to be found in PATH
  std::vector<std::string> with;   // more files, directories, and programs in PATH, to take along
  std::vector<std::string> out;    // files and directories of any program that come back
  std::string halfopen;            // the path of the running executable
  std::string programs;            // the directory with its programs and the guest's init
  std::string directory;           // where it runs, here and there
};

struct Baggage {
  std::vector<std::string> words;        // of the command, in the guest
  std::vector<std::string> environment;  // NAME=value
  // Files and directories, by absolute paths, whose new and changed files come back to the same place: the
  // directory in which the command runs, `out`, and where --bless writes. None inside another.
  std::vector<std::string> watched;
  std::vector<NamedOutput>
      outputs;       // and what options of a halfopen command name, which have other names inside
  std::string text;  // all words and the scenario files among them: what it asks for by name
};

// Puts all of it into the image. Throws std::runtime_error for what cannot be read, a program that is
// nowhere, an output that could not be written here, and for more than `most` bytes.
[[nodiscard]] Baggage pack(const GuestCommand& command, GuestImage& image, std::uint64_t most);

// The words of a halfopen command, up to a "--", name a file that it writes ("-" is none).
[[nodiscard]] bool names_outputs(const std::vector<std::string>& words);

// `path` is one of `watched` or below one.
[[nodiscard]] bool is_watched(const std::vector<std::string>& watched, const std::string& path);

}  // namespace halfopen::guest
