// A file that is said to be a kernel.
#pragma once

#include <string>
#include <vector>

namespace halfopen::guest {

struct KernelImage {
  std::string path;
  std::string release;  // uname -r of it; empty where the file does not say
};

// Throws Cannot for what QEMU cannot boot as an x86-64 kernel, with the cure; std::runtime_error for a file
// that cannot be read.
[[nodiscard]] KernelImage identify_kernel(const std::string& path);
// The newest of /boot/vmlinuz-* that can be read, by the order of version numbers; Cannot where there is
// none.
[[nodiscard]] std::string newest_kernel(const std::string& directory = "/boot");

}  // namespace halfopen::guest
