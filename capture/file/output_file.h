// A file that is whole or not there. It is written as NAME.partial and renamed when it is finished, also from
// a signal handler; if it is never finished, nothing is left. NAME.partial is always a new file of ours: one
// that a killed run left is removed, anything else under that name is an error. It appears with the first
// bytes that are flushed, where the file system has files without a name: a run that is killed before leaves
// nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace halfopen {

// A capture that cannot be written: "FILE: what", one line. `error` is the system's number: EPIPE where a
// reader has left.
struct CaptureError : std::runtime_error {
  CaptureError(const std::string& file, std::string_view what, int error_number);
  int error;
};

class OutputFile {
 public:
  // What a signal that ends the program makes of the file.
  enum class OnSignal : std::uint8_t { finish, discard };

  // "-" is standard output. What exists and is no regular file (a device, a FIFO), and what we have open
  // already (/proc/self/fd/N), is written to as it is; it is neither renamed nor removed. Throws
  // CaptureError, as everything here does.
  OutputFile(const std::string& name, OnSignal on_signal);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // Appends to the record that is being written.
  void write(std::span<const std::uint8_t> bytes);
  void write(std::string_view text);
  // What was written so far is a whole number of records: what a signal or flush() may let others see.
  void commit() { committed_.store(size_, std::memory_order_release); }
  // Where the next byte goes, from the file's beginning.
  [[nodiscard]] std::size_t position() const { return offset_ + size_; }
  // Puts `bytes` in the place of `count` bytes at `at`; what was written after them moves. Whole records
  // before and after. False, and nothing is done, where they are out already and cannot be had back: of
  // a pipe, or far behind.
  bool replace(std::size_t at, std::size_t count, std::span<const std::uint8_t> bytes);
  // Gives all whole records to the system.
  void flush();
  // The same where it makes NAME.partial appear; on to a pipe nothing goes yet.
  void appear();
  // Completes the file under its name. Nothing is written afterwards.
  void finish();
  // Without finish(), leaves what was flushed as NAME.partial instead of nothing.
  void keep_partial() { keep_partial_ = true; }

  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  friend void finish_all_captures_from_signal();
  static constexpr std::size_t kBuffer = std::size_t{1} << 18;
  static constexpr std::size_t kMostTakenBack = std::size_t{1} << 24;

  void open();
  void make_partial();
  bool make_unnamed();
  void name_partial();
  void remove_stale_partial() const;
  void enlist();
  void delist();
  bool take_back(std::size_t at);
  void write_out(std::size_t count);
  std::size_t write_some(std::size_t from, std::size_t count);
  void finish_from_signal();

  std::string name_;     // for messages
  std::string path_;     // links resolved
  std::string partial_;  // empty where there is none: standard output, devices
  std::string unnamed_;  // by which the file is reached until it is NAME.partial; empty then
  OnSignal on_signal_;
  int fd_ = -1;
  bool keep_partial_ = false;
  std::vector<std::uint8_t> buffer_;
  std::size_t size_ = 0;                   // bytes in the buffer
  std::atomic<std::size_t> committed_{0};  // of them, in whole records
  std::size_t offset_ = 0;                 // where in the file the buffer begins
  std::atomic<bool> is_done_{false};       // finished, by us or by a signal
};

// Completes every capture that is being written as far as its last whole record, and removes what has no
// meaning in part. Async-signal-safe. Afterwards writes to those files do nothing.
void finish_all_captures_from_signal();

}  // namespace halfopen
