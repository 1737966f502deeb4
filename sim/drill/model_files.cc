#include "sim/drill/model_files.h"

#include <algorithm>

namespace halfopen::drill {
namespace {

constexpr std::size_t kPipeSize = 65536;  // pipe(7)

}  // namespace

std::optional<std::size_t> ModelFiles::size_of(const std::string& path) const {
  const auto found = sizes_.find(path);
  return found == sizes_.end() ? std::nullopt : std::optional{found->second};
}

bool ModelFiles::open(std::int64_t descriptor, const std::string& path) {
  const std::optional<std::size_t> size = size_of(path);
  if (size) open_[descriptor] = File{.size = *size};
  return size.has_value();
}

void ModelFiles::make_pipe(std::int64_t reader, std::int64_t writer) {
  const Pipe pipe = std::make_shared<std::vector<std::uint8_t>>();
  open_[reader] = Reader{pipe};
  open_[writer] = Writer{pipe};
}

ModelFiles::Kind ModelFiles::kind_of(std::int64_t descriptor) const {
  const auto found = open_.find(descriptor);
  if (found == open_.end()) return Kind::none;
  return static_cast<Kind>(found->second.index() + 1);
}

const std::vector<std::uint8_t>* ModelFiles::bytes_of(std::int64_t descriptor) const {
  const auto found = open_.find(descriptor);
  if (found == open_.end()) return nullptr;
  if (const auto* reader = std::get_if<Reader>(&found->second)) return reader->pipe.get();
  if (const auto* writer = std::get_if<Writer>(&found->second)) return writer->pipe.get();
  return nullptr;
}

std::vector<std::uint8_t> ModelFiles::next(std::int64_t descriptor, std::size_t most,
                                           std::optional<std::size_t> from) const {
  if (kind_of(descriptor) == Kind::file) {
    const File& file = std::get<File>(open_.at(descriptor));
    const std::size_t start = std::min(from.value_or(file.at), file.size);
    return std::vector<std::uint8_t>(std::min(most, file.size - start));
  }
  const std::vector<std::uint8_t>* bytes = bytes_of(descriptor);
  if (bytes == nullptr) return {};
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, bytes->size()));
  return {bytes->begin(), bytes->begin() + count};
}

void ModelFiles::skip(std::int64_t descriptor, std::size_t count) {
  const auto found = open_.find(descriptor);
  if (found == open_.end()) return;
  if (auto* file = std::get_if<File>(&found->second)) file->at = std::min(file->size, file->at + count);
  if (auto* reader = std::get_if<Reader>(&found->second)) {
    std::vector<std::uint8_t>& bytes = *reader->pipe;
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(std::min(count, bytes.size())));
  }
}

std::size_t ModelFiles::room(std::int64_t descriptor) const {
  const std::vector<std::uint8_t>* bytes = bytes_of(descriptor);
  return bytes == nullptr ? 0 : kPipeSize - std::min(kPipeSize, bytes->size());
}

void ModelFiles::put(std::int64_t descriptor, std::span<const std::uint8_t> bytes) {
  const auto found = open_.find(descriptor);
  if (found == open_.end()) return;
  if (auto* writer = std::get_if<Writer>(&found->second))
    writer->pipe->insert(writer->pipe->end(), bytes.begin(), bytes.end());
}

}  // namespace halfopen::drill
