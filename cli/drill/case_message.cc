#include "cli/drill/case_message.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "capture/note/note_json.h"

namespace halfopen {
namespace {

using Message = nlohmann::json;

std::string bytes_of(const Message& message) {
  std::string bytes;
  Message::to_cbor(message, bytes);  // packets go as they are
  return bytes;
}

// --- There
Message to_message(const script::Place& place) { return {place.line, place.column}; }

Message to_message(const drill::Mismatch& mismatch) {
  Message differences = Message::array();
  for (const drill::Difference& one : mismatch.differences)
    differences.push_back({one.field, one.expected, one.actual});
  return {{"place", to_message(mismatch.place)},
          {"message", mismatch.message},
          {"differences", std::move(differences)},
          {"expected", mismatch.expected},
          {"actual", mismatch.actual}};
}

Message to_message(const drill::CodeRun& code) {
  Message fields = Message::array();
  for (const auto& [name, value] : code.fields) fields.push_back({name, value});
  return {{"place", to_message(code.place)}, {"text", code.text}, {"fields", std::move(fields)}};
}

Message to_message(const drill::ScriptRecord& record) {
  Message packets = Message::array();
  for (const drill::ScriptRecord::DevicePacket& packet : record.packets)
    packets.push_back(
        {packet.at.time_since_epoch().count(), packet.is_injected, Message::binary(packet.bytes)});
  Message calls = Message::array();
  for (const CallNote& call : record.calls) calls.push_back(compact(json_of(Note{call})));
  return {{"packets", std::move(packets)}, {"calls", std::move(calls)}, {"late", record.lateness.count()}};
}

template <class T>
Message list_of(const std::vector<T>& items) {
  Message list = Message::array();
  for (const T& item : items) list.push_back(to_message(item));
  return list;
}

// --- And back; nlohmann's exceptions for anything else
script::Place place_from(const Message& message) { return {.line = message.at(0), .column = message.at(1)}; }

drill::Mismatch mismatch_from(const Message& message) {
  drill::Mismatch mismatch{.place = place_from(message.at("place")), .message = message.at("message")};
  for (const Message& one : message.at("differences"))
    mismatch.differences.push_back({.field = one.at(0), .expected = one.at(1), .actual = one.at(2)});
  mismatch.expected = message.at("expected");
  mismatch.actual = message.at("actual");
  return mismatch;
}

drill::CodeRun code_from(const Message& message) {
  drill::CodeRun code{.place = place_from(message.at("place")), .text = message.at("text"), .fields = {}};
  for (const Message& field : message.at("fields")) code.fields.emplace_back(field.at(0), field.at(1));
  return code;
}

drill::ScriptRecord record_from(const Message& message) {
  drill::ScriptRecord record;
  for (const Message& packet : message.at("packets"))
    record.packets.push_back({.at = kTimeZero + Duration{packet.at(0).get<std::int64_t>()},
                              .is_injected = packet.at(1),
                              .bytes = packet.at(2).get_binary()});
  for (const Message& call : message.at("calls"))
    if (const auto note = note_from_json(call.get<std::string>()))
      if (const auto* one = std::get_if<CallNote>(&*note)) record.calls.push_back(*one);
  record.lateness = Duration{message.at("late").get<std::int64_t>()};
  return record;
}

PlayedCase case_from(const Message& message) {
  PlayedCase played;
  DrillResult& result = played.result;
  result.outcome = message.at("outcome").get<CaseOutcome>();
  result.line = message.at("line");
  result.reason = message.at("reason");
  for (const Message& one : message.at("mismatches")) result.mismatches.push_back(mismatch_from(one));
  result.took = std::chrono::milliseconds{message.at("took").get<std::int64_t>()};
  result.record = record_from(message.at("record"));
  for (const Message& one : message.at("code")) played.code.push_back(code_from(one));
  return played;
}

}  // namespace

std::string message_of(const PlayedCase& played) {
  const DrillResult& result = played.result;
  return bytes_of({{"outcome", result.outcome},
                   {"line", result.line},
                   {"reason", result.reason},
                   {"mismatches", list_of(result.mismatches)},
                   {"took", result.took.count()},
                   {"record", to_message(result.record)},
                   {"code", list_of(played.code)}});
}

std::string message_of(const Cannot& error) { return bytes_of({{"cannot", error.what()}}); }

std::optional<PlayedCase> case_from_message(std::string_view bytes) {
  const Message message = Message::from_cbor(bytes, true, false);
  if (!message.is_object()) return std::nullopt;
  if (message.contains("cannot")) throw Cannot{message["cannot"].get<std::string>()};
  try {
    return case_from(message);
  } catch (const Message::exception&) {
    return std::nullopt;
  }
}

}  // namespace halfopen
