#include "cli/run/own_programs.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "cli/tell/exit_code.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;

// One of them stands for all: they are built and installed together.
bool has_programs(const fs::path& directory) {
  std::error_code error;
  return fs::exists(directory / "line-client", error);
}

}  // namespace

std::string own_path() {
  std::error_code error;
  const fs::path own = fs::read_symlink("/proc/self/exe", error);
  if (error) throw Trouble{"cannot find the path of this program: /proc/self/exe: " + error.message()};
  return own.string();
}

std::string own_programs() {
  const fs::path beside = fs::path{own_path()}.parent_path();
  if (has_programs(beside)) return beside.string();
  const fs::path installed = (beside / HALFOPEN_LIBEXEC).lexically_normal();
  if (has_programs(installed)) return installed.string();
  throw Trouble{
      fmt::format("line-client and the other programs for real kernels are neither in {} nor in {}: install "
                  "halfopen with "
                  "'cmake --install', or leave it in its build directory",
                  beside.string(), installed.string())};
}

}  // namespace halfopen
