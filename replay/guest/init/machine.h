// What makes a booted kernel a place where programs can run.
#pragma once

#include <string>
#include <vector>

namespace halfopen::guest {

// Mounts /proc, /sys, /dev and /dev/pts. What fails is noticed by whoever needs it.
void mount_file_systems();
// Loads modules in this order. Empty, or which failed and why.
[[nodiscard]] std::string load_modules(const std::vector<std::string>& modules);
// Every congestion control that is there may be used in every network namespace
// (tcp_allowed_congestion_control).
void allow_congestion_controls();
void bring_up_loopback();
// /dev/net/tun can be opened.
[[nodiscard]] bool has_tun();
// What is wrong with this kernel's timers, in a line; empty where nothing is. They are as good as they get
// some seconds after the boot.
[[nodiscard]] std::string trouble_with_timers();
// The kernel's release, as uname -r has it.
[[nodiscard]] std::string release();
[[nodiscard]] std::string read_file(const char* path);

}  // namespace halfopen::guest
