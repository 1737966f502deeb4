// A running QEMU, listened to until it is over.
#pragma once

#include <chrono>
#include <string>

#include "replay/guest/frame_reader.h"
#include "replay/guest/guest_files.h"
#include "replay/guest/guest_run.h"
#include "replay/guest/qemu.h"
#include "replay/guest/stop_signals.h"

namespace halfopen::guest {

class Conversation {
 public:
  // `memory_mb` is the guest's: it can have no more files.
  Conversation(Qemu& qemu, const GuestConfig& config, std::uint32_t memory_mb, const GuestListener& listener,
               const StopSignals& signals);

  // Until QEMU has ended, by itself or because it was time.
  void run();

  [[nodiscard]] const GuestOutcome& outcome() const { return outcome_; }
  [[nodiscard]] const GuestFiles& files() const { return files_; }
  [[nodiscard]] bool is_there() const { return is_there_; }  // the guest's init has spoken

 private:
  using Clock = std::chrono::steady_clock;

  void wait();
  bool hear_frames();  // false: they are over
  void hear_console(int fd);
  void on_frame(const FrameHeader& header, std::string_view payload);
  void keep_time();
  void stop(GuestOutcome::End why);
  [[nodiscard]] Clock::time_point next_limit() const;

  Qemu& qemu_;
  const GuestConfig& config_;
  const GuestListener& listener_;
  const StopSignals& signals_;
  Clock::time_point begin_ = Clock::now();
  FrameReader reader_;
  GuestFiles files_;
  GuestOutcome outcome_;
  bool is_there_ = false;
  bool has_started_ = false;
  bool has_status_ = false;
  bool is_stopped_ = false;
  bool is_killed_ = false;
};

}  // namespace halfopen::guest
