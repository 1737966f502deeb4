#include "capture/note/note_json.h"

#include <nlohmann/json.hpp>

#include "capture/note/note_words.h"
#include "sim/base/errno.h"

namespace halfopen {
namespace {

// "10.9.0.1.40000 > 10.9.0.2.9998": the host's own end first.
std::string text_of(const FourTuple& connection) {
  return to_string(connection.local) + " > " + to_string(connection.remote);
}

Json errno_json(int error) {
  if (error == 0) return nullptr;
  return to_string(static_cast<Errno>(error));
}

struct Writer {
  Json json = Json::object();

  void begin(std::string_view kind, TimePoint at) {
    json["note"] = kind;
    json["t"] = nanos(at);
  }
  void operator()(const StateNote& note) {
    begin("state", note.at);
    json["host"] = to_string(note.host);
    json["connection"] = text_of(note.connection);
    json["from"] = to_string(note.from);
    json["to"] = to_string(note.to);
    json["why"] = name_of(note.why);
  }
  void operator()(const TimerNote& note) {
    begin("timer", note.at);
    json["host"] = to_string(note.host);
    json["connection"] = text_of(note.connection);
    json["timer"] = words::name(words::kTimerNames, note.timer);
    json["what"] = words::name(words::kTimerEvents, note.what);
    if (note.deadline != kNever) json["deadline"] = nanos(note.deadline);
  }
  void operator()(const CallNote& note) {
    begin("call", note.at);
    json["began"] = nanos(note.began);
    json["host"] = to_string(note.host);
    json["program"] = note.program;
    json["pid"] = note.pid;
    json["call"] = note.call;
    json["args"] = note.args;
    json["result"] = note.result;
    json["errno"] = errno_json(note.error);
    if (!note.detail.empty()) json["detail"] = note.detail;
  }
  void operator()(const ProcessNote& note) {
    begin("process", note.at);
    json["host"] = to_string(note.host);
    json["program"] = note.program;
    json["pid"] = note.pid;
    json["what"] = words::name(words::kProcessEvents, note.what);
    if (note.signal != 0) json["signal"] = note.signal;
    if (note.what == ProcessNote::What::exited) json["status"] = note.status;
    if (!note.text.empty()) json["text"] = note.text;
  }
  void operator()(const TimelineNote& note) {
    begin("timeline", note.at);
    json["verb"] = note.verb;
    if (!note.detail.empty()) json["detail"] = note.detail;
  }
  void operator()(const RemarkNote& note) {
    begin("remark", note.at);
    json["text"] = note.text;
  }
};

}  // namespace

std::string_view name_of(Cause cause) { return words::name(words::kCauseNames, cause); }

std::optional<Cause> cause_from(std::string_view name) {
  return words::value<Cause>(words::kCauseNames, name);
}

Json json_of(const Note& note) {
  Writer writer;
  std::visit([&](const auto& any) { writer(any); }, note);
  return std::move(writer.json);
}

Json json_of(const RunInfo& run, std::int64_t epoch) {
  Json json = {{"note", "run"},    {"version", run.version}, {"scenario", run.scenario},
               {"seed", run.seed}, {"epoch", epoch},         {"tap", to_string(run.tap)}};
  if (run.virtual_time) json["virtual_time"] = true;
  json["hosts"] = Json::object();
  for (const HostInfo& host : run.hosts) {
    Json& entry = json["hosts"][std::string{to_string(host.id)}];
    entry = {{"address", host.address.to_string()}};
    if (host.kind.empty()) continue;
    entry["kind"] = host.kind;
    entry["os"] = host.os;
    entry["profile"] = host.profile;
    entry["program"] = host.program;
  }
  return json;
}

Json json_of(const PacketNote& note) {
  const Why& why = note.packet->why;
  Json json = {{"from", to_string(note.from)}};
  if (note.fate != PacketFate::delivered) json["fate"] = words::name(words::kFates, note.fate);
  if (why.cause == Cause::unknown) return json;
  json["why"] = name_of(why.cause);
  json["before"] = to_string(why.before);
  json["after"] = to_string(why.after);
  if (why.retransmission > 0) json["retransmission"] = why.retransmission;
  if (why.next_timer != Timer::count_) json["timer"] = words::name(words::kTimerNames, why.next_timer);
  if (why.next_deadline != kNever) json["deadline"] = nanos(why.next_deadline);
  return json;
}

std::string compact(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace halfopen
