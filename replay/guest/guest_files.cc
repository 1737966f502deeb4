#include "replay/guest/guest_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "capture/file/output_file.h"
#include "replay/guest/beneath.h"
#include "replay/guest/protocol.h"

namespace halfopen::guest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNumber = 8;
constexpr std::string_view kPartial = ".partial";

// The output that a file of the guest is, or of which it is the beginning (NAME.partial).
const NamedOutput* output_of(const std::vector<NamedOutput>& outputs, std::string_view name) {
  const auto found = std::ranges::find_if(outputs, [&](const NamedOutput& output) {
    return name == output.inside ||
           (name.starts_with(output.inside) && name.substr(output.inside.size()) == kPartial);
  });
  return found == outputs.end() ? nullptr : &*found;
}

// The directory of this machine below which a watched path lies, the path itself or where it is to be.
std::string top_of(const std::string& watched) {
  std::error_code error;
  return fs::is_directory(watched, error) ? watched : fs::path{watched}.parent_path().string();
}

// An output goes where the user said, as in every run: through a link or into a device, if it is one.
void write_output(const std::string& path, std::string_view bytes) {
  OutputFile out{path, OutputFile::OnSignal::discard};
  out.write(bytes);
  out.finish();
}

void write_watched(const std::vector<std::string>& watched, const std::string& name, std::string_view bytes) {
  const auto found =
      std::ranges::find_if(watched, [&](const std::string& top) { return is_watched({top}, name); });
  const std::string top = top_of(*found);
  write_beneath(top, fs::path{name}.lexically_relative(top).string(), bytes);
}

}  // namespace

void GuestFiles::on_listing() {
  for (auto& [number, file] : files_) file.name.clear();
}

void GuestFiles::on_file(std::string_view payload) {
  if (payload.size() < 2 * kNumber || !has_room_for(payload.size())) return;
  const auto [found, is_new] = files_.try_emplace(number_from(payload.data()));
  File& file = found->second;
  file.size = number_from(payload.data() + kNumber);
  payload.remove_prefix(2 * kNumber);
  held_ += (is_new ? sizeof(File) : 0) + payload.size();
  held_ -= file.name.size();
  file.name = payload;
  if (file.bytes.size() <= file.size) return;
  held_ -= file.bytes.size() - file.size;
  file.bytes.resize(file.size);
}

void GuestFiles::on_data(std::string_view payload) {
  if (payload.size() < 2 * kNumber) return;
  const auto found = files_.find(number_from(payload.data()));
  const std::uint64_t offset = number_from(payload.data() + kNumber);
  payload.remove_prefix(2 * kNumber);
  if (found == files_.end()) return;
  File& file = found->second;
  if (offset > file.bytes.size() || payload.size() > file.size - offset) return;
  const std::size_t known = std::min(payload.size(), file.bytes.size() - offset);
  if (!has_room_for(payload.size() - known)) return;
  held_ += payload.size() - known;
  file.bytes.replace(offset, known, payload);
}

std::vector<std::string> GuestFiles::write_back(const Baggage& baggage) const {
  std::vector<std::string> failures;
  for (const auto& [number, file] : files_) {
    if (file.name.empty() || fs::path{file.name}.lexically_normal() != file.name) continue;
    const NamedOutput* output = output_of(baggage.outputs, file.name);
    if (output == nullptr && !is_watched(baggage.watched, file.name)) continue;
    std::string name = output == nullptr ? file.name : output->path + file.name.substr(output->inside.size());
    const bool is_whole = file.bytes.size() == file.size;
    if (!is_whole) {
      failures.push_back(fmt::format("{}: not all of it came from the guest: {} of {} bytes", name,
                                     file.bytes.size(), file.size));
      if (!name.ends_with(kPartial)) name += kPartial;
    }
    // An output that was never begun, or of which nothing came, is not there.
    const bool is_begun = output == nullptr || !name.ends_with(kPartial);
    if (file.bytes.empty() && (!is_whole || !is_begun)) continue;
    try {
      output == nullptr ? write_watched(baggage.watched, name, file.bytes) : write_output(name, file.bytes);
    } catch (const std::exception& error) {
      failures.emplace_back(error.what());
    }
  }
  return failures;
}

}  // namespace halfopen::guest
