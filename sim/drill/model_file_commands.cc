// The commands that make and remove files for sendfile().
#include <charconv>

#include "sim/drill/model_commands.h"
#include "sim/drill/script_host.h"

namespace halfopen::drill {
namespace {

constexpr std::size_t kLargest = std::size_t{64} << 20;

std::optional<std::size_t> size_from(std::string_view text) {
  std::size_t size = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, size);
  if (error != std::errc{} || stop != end || size > kLargest) return std::nullopt;
  return size;
}

// dd if=/dev/zero of=FILE [bs=N] [count=N]. False for another.
bool make_zeros(std::span<const std::string> words, ModelFiles& files) {
  std::string from;
  std::string to;
  std::optional<std::size_t> block = 512;
  std::optional<std::size_t> count;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) return false;
    const std::string name = word.substr(0, equals);
    const std::string value = word.substr(equals + 1);
    if (name == "if") {
      from = value;
    } else if (name == "of") {
      to = value;
    } else if (name == "bs") {
      block = size_from(value);
    } else if (name == "count") {
      count = size_from(value);
    } else if (name != "status") {
      return false;
    }
  }
  if (from != "/dev/zero" || to.empty() || !block || !count) return false;
  if (*block != 0 && *count > kLargest / *block) return false;
  files.create(to, *block * *count);
  return true;
}

}  // namespace

// rm, touch, truncate -s N, dd. False for another command. Throws NotSupported.
bool ModelCommands::run_file_command(const Words& words) {
  const std::string_view name = base_name(words.front());
  const std::span<const std::string> rest = std::span{words}.subspan(1);
  if (name == "dd") {
    if (!make_zeros(rest, files_)) throw no_such(words);
  } else if (name == "rm") {
    const bool forced = !rest.empty() && rest.front() == "-f";
    for (const std::string& path : rest.subspan(forced ? 1 : 0)) {
      if (!forced && !files_.size_of(path)) failure_ = "non-zero status 1";
      files_.remove(path);
    }
  } else if (name == "touch") {
    for (const std::string& path : rest)
      if (!files_.size_of(path)) files_.create(path, 0);
  } else if (name == "truncate") {
    const std::optional<std::size_t> size =
        rest.size() == 3 && rest[0] == "-s" ? size_from(rest[1]) : std::nullopt;
    if (!size) throw no_such(words);
    files_.create(rest[2], *size);
  } else {
    return false;
  }
  return true;
}

}  // namespace halfopen::drill
