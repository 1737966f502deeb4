#include "cli/drill/case_capture.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <variant>

#include "capture/file/capture_file.h"
#include "cli/run/outputs.h"
#include "cli/tell/exit_code.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;

// Hands on, and knows when the last thing was.
class UpToNow final : public Observer {
 public:
  void begin(std::unique_ptr<CaptureSink> sink) { sink_ = std::move(sink); }
  void on_packet(const PacketNote& note) override {
    at_ = note.at;
    sink_->on_packet(note);
  }
  void on_note(const Note& note) override {
    at_ = std::visit([](const auto& any) { return any.at; }, note);
    if (sink_->wants(static_cast<NoteKind>(note.index()))) sink_->on_note(note);
  }
  void end(std::string text) {
    if (sink_ == nullptr) return;
    sink_->on_note(RemarkNote{.at = at_, .text = std::move(text)});
    sink_->finish();
  }

 private:
  std::unique_ptr<CaptureSink> sink_;
  TimePoint at_ = kTimeZero;
};

}  // namespace

std::string capture_name(const DrillCase& one) {
  std::string flat = fs::path{one.path}.lexically_normal().replace_extension().string();
  while (flat.starts_with("../") || flat.starts_with('/')) flat.erase(0, flat.find('/') + 1);
  std::ranges::replace(flat, '/', '-');
  return fmt::format("{}.{}.{}.pcapng", flat, name_of(one.ip_version), one.profile);
}

void write_capture(const DrillCase& one, const DrillOptions& options, const DrillResult& result,
                   const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) throw Trouble{fmt::format("{}: {}", directory, error.message())};
  const std::string name = (fs::path{directory} / capture_name(one)).string();
  UpToNow observer;
  listen_to_case(one, options, result, [&](const RunInfo& run) -> Observer& {
    observer.begin(open_capture(name, run, {.epoch = epoch_of_captures(one.profile != kKernelHost)}));
    return observer;
  });
  const std::string where = result.line == 0 ? "" : fmt::format(" in line {}", result.line);
  observer.end(result.outcome == CaseOutcome::passed
                   ? "passed"
                   : fmt::format("{}{}: {}", to_string(result.outcome), where, result.reason));
}

}  // namespace halfopen
