// The files that a run writes: captures and JSON.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture/file/capture_file.h"
#include "cli/line/options.h"
#include "sim/trace/observe.h"

namespace halfopen {

// True if one of a command's outputs goes to standard output ("-"), so that prose must not. Throws Trouble
// where two do, or where two are one file.
[[nodiscard]] bool takes_standard_output(std::vector<std::string> names);
// Of a run: its captures and its JSON.
[[nodiscard]] bool takes_standard_output(const RunOptions& options);

// Throws if a file of that name ("-": standard output) cannot be written: before anything runs, not after.
// Nothing is left of it. An empty name is none, in both.
void try_output(const std::string& name);
void write_output(const std::string& name, const std::string& text);

// Nanoseconds since 1970 at time zero: SOURCE_DATE_EPOCH's; else of a simulated run a constant, of a real one
// now. Throws InputError for nonsense in the variable.
[[nodiscard]] std::int64_t epoch_of_captures(bool simulated);

// Passes everything to a file's writer until its reader has left (a pipe into head): then the run goes on
// without it.
class Output final : public Observer {
 public:
  explicit Output(std::unique_ptr<CaptureSink> sink) : sink_{std::move(sink)} {}

  [[nodiscard]] bool wants_packets() const override { return sink_->wants_packets(); }
  [[nodiscard]] bool wants(NoteKind kind) const override { return sink_->wants(kind); }
  void on_packet(const PacketNote& note) override;
  void on_note(const Note& note) override;
  void finish();
  // After a kill -9 the file is valid up to here.
  void flush();
  [[nodiscard]] CaptureSink& sink() { return *sink_; }

 private:
  template <class Action>
  void unless_reader_left(Action action);

  std::unique_ptr<CaptureSink> sink_;
  bool reader_left_ = false;
};

}  // namespace halfopen
