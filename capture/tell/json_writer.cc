#include "capture/tell/json_writer.h"

#include <nlohmann/json.hpp>

#include "capture/note/note_json.h"

namespace halfopen {

// By NoteKind; timers are not kept.
struct JsonWriter::Lists {
  std::array<Json, std::variant_size_v<Note>> all;
  Lists() { all.fill(Json::array()); }
  Json& operator[](NoteKind kind) { return all[static_cast<std::size_t>(kind)]; }
};

JsonWriter::JsonWriter(const std::string& name, const RunInfo& run)
    : CaptureSink{name, OutputFile::OnSignal::discard}, run_{run}, lists_{std::make_unique<Lists>()} {}

JsonWriter::~JsonWriter() = default;

void JsonWriter::on_packet(const PacketNote& note) {
  const auto from = static_cast<std::size_t>(note.from);
  ++packets_[from];
  if (note.fate != PacketFate::delivered) ++lost_;
  if (note.packet->segment() == nullptr) return;
  if (is_retransmission(*note.packet, flows_.see(*note.packet, note.at))) ++retransmissions_[from];
}

void JsonWriter::on_note(const Note& note) {
  Json json = json_of(note);
  json.erase("note");  // the list says it
  lists_->all[note.index()].push_back(std::move(json));
}

void JsonWriter::finish() {
  Json run = json_of(run_, 0);
  Json document = {{"format", "halfopen/1"},
                   {"version", run_.version},
                   {"scenario", run_.scenario},
                   {"seed", run_.seed},
                   {"tap", to_string(run_.tap)}};
  document["hosts"] = std::move(run["hosts"]);
  Lists& lists = *lists_;
  document["timeline"] = std::move(lists[NoteKind::timeline]);
  document["calls"] = std::move(lists[NoteKind::call]);
  document["states"] = std::move(lists[NoteKind::state]);
  document["processes"] = std::move(lists[NoteKind::process]);
  document["remarks"] = std::move(lists[NoteKind::remark]);
  document["packets"] = {{"total", packets_[0] + packets_[1] + packets_[2]},
                         {"client", packets_[0]},
                         {"server", packets_[1]},
                         {"router", packets_[2]},
                         {"lost", lost_}};
  document["retransmissions"] = {{"client", retransmissions_[0]}, {"server", retransmissions_[1]}};
  document["expectations"] = Json::array();
  for (const Verdict& verdict : verdicts_) {
    document["expectations"].push_back({{"text", verdict.text},
                                        {"verdict", to_string(verdict.what)},
                                        {"found", verdict.found},
                                        {"place", verdict.place}});
  }
  file().write(document.dump(2, ' ', false, Json::error_handler_t::replace));
  file().write("\n");
  CaptureSink::finish();
}

}  // namespace halfopen
