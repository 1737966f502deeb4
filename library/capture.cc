#include <stdexcept>
#include <utility>

#include "library/parts.h"

namespace ho {

Capture::Parts::Parts(std::string name) : file{std::move(name)} {
  sink = halfopen::open_capture(file, {.version = HALFOPEN_VERSION, .scenario = "libhalfopen", .hosts = {}});
}

void Capture::Parts::begin(const halfopen::RunInfo& run) {
  if (is_used || sink == nullptr) throw std::logic_error{file + ": a world needs a capture of its own"};
  sink.reset();  // it holds the file's name
  sink = halfopen::open_capture(file, run);
}

void Capture::Parts::on_packet(const halfopen::PacketNote& note) {
  is_used = true;
  if (sink != nullptr) sink->on_packet(note);
}

void Capture::Parts::on_note(const halfopen::Note& note) {
  is_used = true;
  if (sink != nullptr) sink->on_note(note);
}

Capture::Capture(const std::string& file) : parts_{std::make_unique<Parts>(file)} {}
Capture::~Capture() = default;
Capture::Capture(Capture&&) noexcept = default;
Capture& Capture::operator=(Capture&&) noexcept = default;

void Capture::write(Time at, std::span<const std::uint8_t> packet, bool outbound) {
  halfopen::ParseIssue issue;
  const std::optional<halfopen::Packet> parsed = halfopen::parse(packet, parts_->pool, issue);
  if (!parsed) throw std::invalid_argument{"not an IP packet: " + issue.message};
  parts_->on_packet({.at = to_point(at),
                     .from = outbound ? halfopen::HostId::client : halfopen::HostId::server,
                     .fate = halfopen::PacketFate::delivered,
                     .packet = &*parsed});
}

void Capture::finish() {
  if (parts_->sink == nullptr) return;
  parts_->sink->finish();
  parts_->sink.reset();
}

}  // namespace ho
