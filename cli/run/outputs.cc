#include "cli/run/outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

#include "capture/file/output_file.h"
#include "cli/run/run_scenario.h"
#include "cli/tell/exit_code.h"
#include "sim/base/input_error.h"

namespace halfopen {

bool takes_standard_output(std::vector<std::string> names) {
  for (std::string& name : names) {  // one file has many paths
    std::error_code error;
    const std::filesystem::path path =
        std::filesystem::weakly_canonical(std::filesystem::absolute(name, error), error);
    if (name != "-" && !error) name = path.string();
  }
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end()) {
    throw Trouble{*twice == "-" ? "only one output can go to standard output"
                                : fmt::format("{} is named twice as an output", *twice)};
  }
  return std::ranges::binary_search(names, "-");
}

bool takes_standard_output(const RunOptions& options) {
  std::vector<std::string> names = options.captures;
  if (!options.json.empty()) names.push_back(options.json);
  return takes_standard_output(std::move(names));
}

void try_output(const std::string& name) {
  if (!name.empty() && name != "-") OutputFile{name, OutputFile::OnSignal::discard};
}

void write_output(const std::string& name, const std::string& text) {
  if (name.empty()) return;
  OutputFile file{name, OutputFile::OnSignal::discard};
  file.write(text);
  file.finish();
}

std::int64_t epoch_of_captures(bool simulated) {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr || *text == '\0') {
    if (simulated) return kDefaultEpoch;
    auto now = std::chrono::system_clock::now().time_since_epoch();
    // Not how long it took to get here, which differs with what the options ask for.
    if (is_in_guest()) now = std::chrono::floor<std::chrono::seconds>(now);
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  }
  constexpr std::int64_t kLatest = 4'294'967'295;  // what a pcap's header can hold
  const std::string_view digits{text};
  std::int64_t seconds = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error != std::errc{} || stop != digits.data() + digits.size() || seconds < 0 || seconds > kLatest) {
    throw InputError{"SOURCE_DATE_EPOCH", fmt::format("seconds since 1970, at most {}", kLatest), text};
  }
  return seconds * 1'000'000'000;
}

template <class Action>
void Output::unless_reader_left(Action action) {
  if (reader_left_) return;
  try {
    action();
  } catch (const CaptureError& error) {
    if (error.error != EPIPE) throw;
    reader_left_ = true;
  }
}

void Output::on_packet(const PacketNote& note) {
  unless_reader_left([&] { sink_->on_packet(note); });
}

void Output::on_note(const Note& note) {
  unless_reader_left([&] { sink_->on_note(note); });
}

void Output::flush() {
  unless_reader_left([&] { sink_->flush(); });
}

void Output::finish() {
  unless_reader_left([&] { sink_->finish(); });
}

}  // namespace halfopen
