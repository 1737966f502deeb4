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

void PcapngWriter::write_block() {
  file().write(block_.finish());
  file().commit();
}

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
}

void PcapngWriter::on_packet(const PacketNote& note) {
  const std::size_t size = wire_size(*note.packet);
  const std::size_t kept =
      options_.snap_length == 0 ? size : std::min<std::size_t>(size, options_.snap_length);
  const auto time = static_cast<std::uint64_t>(options_.epoch + nanos(note.at));
  block_.begin(BlockType::enhanced_packet);
  block_.put32(0);  // the interface
  block_.put32(static_cast<std::uint32_t>(time >> 32));
  block_.put32(static_cast<std::uint32_t>(time));
  block_.put32(static_cast<std::uint32_t>(kept));
  block_.put32(static_cast<std::uint32_t>(size));
  emit(*note.packet, block_.reserve(kept));
  block_.pad();
  if (const std::string comment = comment_of(note); !comment.empty()) {
    block_.option_text(option::comment, comment);
  }
  block_.option_32(option::epb_flags, note.from == tap_ ? pcapng::kOutbound : pcapng::kInbound);
  block_.custom_option_text(compact(json_of(note)));
  block_.end_options();
  write_block();
}

}  // namespace halfopen
