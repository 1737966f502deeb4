#include "capture/file/pcapng_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "capture/note/note_json.h"
#include "capture/note/note_text.h"
#include "sim/why/rules.h"

namespace halfopen {
namespace {

using pcapng::BlockType;
namespace option = pcapng::option;
namespace name_record = pcapng::name_record;

constexpr std::uint16_t kLinkTypeRaw = 101;

// What a reader of the packet list should know: why the packet was sent, and that it does not arrive.
std::string comment_of(const PacketNote& note) {
  const Why& why = note.packet->why;
  std::string comment = why.cause == Cause::unknown ? std::string{} : explain(why, note.at);
  if (const std::string fate = fate_text(note.fate); !fate.empty()) {
    if (!comment.empty()) comment += ' ';
    comment += fate;
  }
  return comment;
}

}  // namespace

PcapngWriter::PcapngWriter(const std::string& name, const RunInfo& run, const CaptureOptions& options)
    : CaptureSink{name, OutputFile::OnSignal::finish}, options_{options}, tap_{run.tap} {
  write_section(run);
  write_interface();
  write_names(run);
}

void PcapngWriter::write(std::span<const std::uint8_t> block) {
  file().write(block);
  file().commit();
}

void PcapngWriter::write_block() { write(block_.finish()); }

void PcapngWriter::write_section(const RunInfo& run) {
  block_.begin(BlockType::section);
  block_.put32(pcapng::kByteOrderMagic);
  block_.put16(1);  // version 1.0
  block_.put16(0);
  block_.put64(~std::uint64_t{0});  // the section's length is not known yet
  block_.option_text(option::comment, fmt::format("{} (seed {})", run.scenario, run.seed));
  block_.option_text(option::shb_application, "halfopen " + run.version);
  block_.custom_option_text(compact(json_of(run, options_.epoch)));
  block_.end_options();
  write_block();
}

void PcapngWriter::write_interface() {
  block_.begin(BlockType::interface);
  block_.put16(kLinkTypeRaw);
  block_.put16(0);
  block_.put32(options_.snap_length);  // 0 is "no limit"
  block_.option_text(option::if_name, to_string(tap_));
  block_.option_byte(option::if_tsresol, 9);
  block_.end_options();
  write_block();
}

void PcapngWriter::write_names(const RunInfo& run) {
  block_.begin(BlockType::names);
  for (const HostInfo& host : run.hosts) {
    const std::string_view name = to_string(host.id);
    block_.put16(host.address.is_v6() ? name_record::ipv6 : name_record::ipv4);
    block_.put16(static_cast<std::uint32_t>(host.address.size() + name.size() + 1));
    block_.put_bytes({host.address.data(), host.address.size()});
    block_.put_text(name);
    block_.put_text(std::string_view{"\0", 1});
    block_.pad();
  }
  block_.put32(name_record::end);
  write_block();
}

// The data has no length of its own: the JSON is padded with spaces, which mean nothing to it.
void PcapngWriter::on_note(const Note& note) {
  block_.begin(BlockType::note);
  block_.put32(pcapng::kEnterprise);
  block_.put_text(compact(json_of(note)));
  block_.pad(' ');
  write_block();
  headlines_.on_note(note);
}

// As comments of the packet in packet_, after its own.
void PcapngWriter::put_headlines() {
  if (headlines_.empty()) return;
  for (const std::string& line : headlines_.take()) packet_.option_text(option::comment, line);
}

void PcapngWriter::on_packet(const PacketNote& note) {
  const std::size_t size = wire_size(*note.packet);
  const std::size_t kept =
      options_.snap_length == 0 ? size : std::min<std::size_t>(size, options_.snap_length);
  const auto time = static_cast<std::uint64_t>(options_.epoch + nanos(note.at));
  packet_.begin(BlockType::enhanced_packet);
  packet_.put32(0);  // the interface
  packet_.put32(static_cast<std::uint32_t>(time >> 32));
  packet_.put32(static_cast<std::uint32_t>(time));
  packet_.put32(static_cast<std::uint32_t>(kept));
  packet_.put32(static_cast<std::uint32_t>(size));
  emit(*note.packet, packet_.reserve(kept));
  packet_.pad();
  if (const std::string comment = comment_of(note); !comment.empty()) {
    packet_.option_text(option::comment, comment);
  }
  put_headlines();
  packet_.option_32(option::epb_flags, note.from == tap_ ? pcapng::kOutbound : pcapng::kInbound);
  packet_.custom_option_text(compact(json_of(note)));
  packet_.end_options();
  packet_at_ = file().position();
  write(packet_.finish());
}

// No packet follows what happened last: the last one gets it, if it can be had back.
void PcapngWriter::finish() {
  if (packet_at_ > 0 && !headlines_.empty()) {
    const std::size_t size = packet_.size();
    packet_.reopen();
    put_headlines();
    packet_.end_options();
    file().replace(packet_at_, size, packet_.finish());
  }
  CaptureSink::finish();
}

}  // namespace halfopen
