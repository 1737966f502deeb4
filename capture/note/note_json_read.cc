// Notes back from the JSON of a capture file, which may come from anybody: every field is checked, and what
// does not fit makes the whole note none.
#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "capture/note/note_json.h"
#include "capture/note/note_words.h"
#include "sim/base/errno.h"
#include "sim/base/plain_text.h"

namespace halfopen {
namespace {

constexpr int kDeepest = 4;
// Times beyond 70 years are nobody's, and differences of those within do not overflow.
constexpr std::int64_t kLatest = std::int64_t{1} << 61;

// An object's fields, with a memory of whether all that were asked for were there and fitted.
class Fields {
 public:
  explicit Fields(std::string_view text) {
    const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth <= kDeepest; };
    json_ = Json::parse(text, shallow, false);
    good_ = json_.is_object();
  }
  // Parentheses: braces would make a list of one.
  explicit Fields(Json json) : json_(std::move(json)), good_{json_.is_object()} {}

  [[nodiscard]] bool good() const { return good_; }
  void fail() { good_ = false; }
  [[nodiscard]] bool has(const char* key) const { return good_ && json_.contains(key); }
  [[nodiscard]] const Json* find(const char* key) {
    if (has(key)) return &json_.at(key);
    good_ = false;
    return nullptr;
  }
  // As it is written, for a program's output.
  std::string raw_text(const char* key) {
    const Json* value = find(key);
    if (value != nullptr && value->is_string()) return value->get<std::string>();
    good_ = false;
    return {};
  }
  // For a terminal.
  std::string text(const char* key) { return plain_line(raw_text(key)); }
  std::int64_t integer(const char* key, std::int64_t low = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t high = std::numeric_limits<std::int64_t>::max()) {
    const Json* value = find(key);
    std::int64_t number = 0;
    if (value == nullptr || !value->is_number_integer()) {
      good_ = false;
    } else if (value->is_number_unsigned() &&
               value->get<std::uint64_t>() > static_cast<std::uint64_t>(high)) {
      good_ = false;
    } else {
      number = value->get<std::int64_t>();
    }
    if (number < low || number > high) good_ = false;
    return good_ ? number : 0;
  }
  TimePoint time(const char* key) { return at_nanos(integer(key, -kLatest, kLatest)); }
  // An enumerator by its word.
  template <class Enum, std::size_t N>
  Enum word(const char* key, const std::array<std::string_view, N>& names) {
    return take(words::value<Enum>(names, raw_text(key)));
  }
  template <class T>
  T take(std::optional<T> value) {
    if (!value) good_ = false;
    return value.value_or(T{});
  }
  HostId host(const char* key) { return word<HostId>(key, words::kHosts); }

 private:
  Json json_;
  bool good_ = false;
};

std::optional<SocketAddress> end_from(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto ip = IpAddress::parse(text.substr(0, dot));
  const std::string_view digits = text.substr(dot + 1);
  std::uint16_t port = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (!ip || error != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
  return SocketAddress{*ip, port};
}

FourTuple connection_of(Fields& fields) {
  const std::string text = fields.raw_text("connection");
  const std::size_t arrow = text.find(" > ");
  if (arrow == std::string::npos) {
    fields.fail();
    return {};
  }
  const std::string_view view{text};
  return {.local = fields.take(end_from(view.substr(0, arrow))),
          .remote = fields.take(end_from(view.substr(arrow + 3)))};
}

Note state_note(Fields& f) {
  return StateNote{.at = f.time("t"),
                   .host = f.host("host"),
                   .connection = connection_of(f),
                   .from = f.take(state_from(f.raw_text("from"))),
                   .to = f.take(state_from(f.raw_text("to"))),
                   .why = f.take(cause_from(f.raw_text("why")))};
}

Note timer_note(Fields& f) {
  TimerNote note;
  note.at = f.time("t");
  note.host = f.host("host");
  note.connection = connection_of(f);
  note.timer = f.word<Timer>("timer", words::kTimerNames);
  note.what = f.word<TimerNote::What>("what", words::kTimerEvents);
  if (f.has("deadline")) note.deadline = f.time("deadline");
  return note;
}

Note call_note(Fields& f) {
  CallNote note;
  note.at = f.time("t");
  note.began = f.time("began");
  note.host = f.host("host");
  note.program = f.text("program");
  note.pid = static_cast<std::uint32_t>(f.integer("pid", 0, std::numeric_limits<std::uint32_t>::max()));
  note.call = f.text("call");
  note.args = f.text("args");
  note.result = f.integer("result");
  if (const Json* error = f.find("errno"); error != nullptr && !error->is_null()) {
    note.error = static_cast<int>(f.take(errno_from(f.raw_text("errno"))));
  }
  if (f.has("detail")) note.detail = f.text("detail");
  return note;
}

Note process_note(Fields& f) {
  ProcessNote note;
  note.at = f.time("t");
  note.host = f.host("host");
  note.program = f.text("program");
  note.pid = static_cast<std::uint32_t>(f.integer("pid", 0, std::numeric_limits<std::uint32_t>::max()));
  note.what = f.word<ProcessNote::What>("what", words::kProcessEvents);
  if (f.has("signal")) note.signal = static_cast<int>(f.integer("signal", 0, 128));
  if (f.has("status")) note.status = static_cast<int>(f.integer("status", -1, 255));
  if (f.has("text")) note.text = f.raw_text("text");
  return note;
}

Note timeline_note(Fields& f) {
  TimelineNote note{.at = f.time("t"), .verb = f.text("verb"), .detail = {}};
  if (f.has("detail")) note.detail = f.text("detail");
  return note;
}

Note remark_note(Fields& f) { return RemarkNote{.at = f.time("t"), .text = f.text("text")}; }

HostInfo host_from(const std::string& name, const Json& json, bool& good) {
  Fields f{json};
  HostInfo host;
  host.id = f.take(words::value<HostId>(words::kHosts, name));
  host.address = f.take(IpAddress::parse(f.raw_text("address")));
  if (f.has("kind")) {
    host.kind = f.text("kind");
    host.os = f.text("os");
    host.profile = f.text("profile");
    host.program = f.text("program");
  }
  good = good && f.good();
  return host;
}

}  // namespace

std::optional<Note> note_from_json(std::string_view text) {
  using Reader = Note (*)(Fields&);
  constexpr std::pair<std::string_view, Reader> kReaders[] = {
      {"state", state_note},     {"timer", timer_note},       {"call", call_note},
      {"process", process_note}, {"timeline", timeline_note}, {"remark", remark_note},
  };
  Fields fields{text};
  if (!fields.has("note")) return std::nullopt;
  const std::string kind = fields.raw_text("note");
  for (const auto& [name, reader] : kReaders) {
    if (name != kind) continue;
    Note note = reader(fields);
    return fields.good() ? std::optional{std::move(note)} : std::nullopt;
  }
  return std::nullopt;
}

std::optional<RunAndEpoch> run_from_json(std::string_view text) {
  Fields fields{text};
  if (!fields.has("note") || fields.raw_text("note") != "run") return std::nullopt;
  RunAndEpoch result;
  result.epoch = fields.integer("epoch", 0);
  result.run.version = fields.text("version");
  result.run.scenario = fields.text("scenario");
  result.run.tap = fields.host("tap");
  result.run.virtual_time = fields.has("virtual_time") && *fields.find("virtual_time") == true;
  const Json* seed = fields.find("seed");
  if (seed == nullptr || !seed->is_number_unsigned()) return std::nullopt;
  result.run.seed = seed->get<std::uint64_t>();
  const Json* hosts = fields.find("hosts");
  if (hosts == nullptr || !hosts->is_object()) return std::nullopt;
  bool good = fields.good();
  for (const auto& [name, host] : hosts->items()) result.run.hosts.push_back(host_from(name, host, good));
  return good ? std::optional{std::move(result)} : std::nullopt;
}

std::optional<PacketFacts> packet_facts_from_json(std::string_view text) {
  Fields f{text};
  PacketFacts facts;
  facts.from = f.host("from");
  if (f.has("fate")) facts.fate = f.word<PacketFate>("fate", words::kFates);
  if (f.has("why")) {
    facts.why.cause = f.take(cause_from(f.raw_text("why")));
    facts.why.before = f.take(state_from(f.raw_text("before")));
    facts.why.after = f.take(state_from(f.raw_text("after")));
  }
  if (f.has("retransmission")) {
    facts.why.retransmission = static_cast<std::uint8_t>(f.integer("retransmission", 0, 255));
  }
  if (f.has("timer")) facts.why.next_timer = f.word<Timer>("timer", words::kTimerNames);
  if (f.has("deadline")) facts.why.next_deadline = f.time("deadline");
  return f.good() ? std::optional{facts} : std::nullopt;
}

}  // namespace halfopen
