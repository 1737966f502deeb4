#include "replay/guest/guest_files.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "capture/file/output_file.h"
#include "replay/guest/baggage.h"
#include "replay/guest/protocol.h"

namespace halfopen::guest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNumber = 8;
// No guest of ours has more memory, and so no larger file.
constexpr std::uint64_t kLargest = std::uint64_t{1} << 36;

}  // namespace

void GuestFiles::on_listing() {
  for (auto& [number, file] : files_) file.name.clear();
}

void GuestFiles::on_file(std::string_view payload) {
  if (payload.size() < 2 * kNumber) return;
  const std::uint64_t size = number_from(payload.data() + kNumber);
  if (size > kLargest) return;
  File& file = files_[number_from(payload.data())];
  file.name = payload.substr(2 * kNumber);
  file.bytes.resize(size);
}

void GuestFiles::on_data(std::string_view payload) {
  if (payload.size() < 2 * kNumber) return;
  std::string& bytes = files_[number_from(payload.data())].bytes;
  const std::uint64_t offset = number_from(payload.data() + kNumber);
  payload.remove_prefix(2 * kNumber);
  if (offset > bytes.size() || payload.size() > bytes.size() - offset) return;
  std::copy(payload.begin(), payload.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

std::vector<std::string> GuestFiles::write_back(const std::vector<std::string>& watched) const {
  std::vector<std::string> failures;
  for (const auto& [number, file] : files_) {
    if (file.name.empty() || fs::path{file.name}.lexically_normal() != file.name ||
        !is_watched(watched, file.name))
      continue;
    try {
      fs::create_directories(fs::path{file.name}.parent_path());
      OutputFile out{file.name, OutputFile::OnSignal::discard};
      out.write(file.bytes);
      out.finish();
    } catch (const std::exception& error) {
      failures.emplace_back(error.what());
    }
  }
  return failures;
}

}  // namespace halfopen::guest
