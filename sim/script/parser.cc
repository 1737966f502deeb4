#include "sim/script/parser.h"

#include <utility>

#include "sim/base/input_error.h"
#include "sim/script/reader.h"

namespace halfopen::script {
namespace {

// The value of a --define: NAME, or NAME=word, "string" or `command`, which the lexer is told.
void read_definition(Reader& in, Place place) {
  if (!in.take_if('=')) in.fail_expected("=NAME=value after --define");
  const bool is_known = !in.now().name.empty();  // to be defined anew
  if (!is_known && !in.at(Token::Kind::word)) in.fail_expected("the name to define");
  const Token word = in.take();
  const std::string name{is_known ? word.name : word.text};
  in.expect('=');
  std::string value{in.now().text};
  switch (in.now().kind) {
    case Token::Kind::word:
    case Token::Kind::integer: break;
    case Token::Kind::string: value = '"' + value + '"'; break;
    case Token::Kind::command: value = '`' + value + '`'; break;
    default: in.fail_expected("a word, a number, a string or a command");
  }
  if (value.empty()) in.fail(place, "a definition has a value");
  in.lexer().define(name, std::move(value));  // before the token after it is read
  in.take();
}

Option read_option(Reader& in, const Token& flag) {
  Option option{.name = std::string{flag.text}, .value = {}, .place = flag.place};
  if (!in.take_if('=')) return option;
  switch (in.now().kind) {
    case Token::Kind::word:
    case Token::Kind::integer:
    case Token::Kind::fraction:
    case Token::Kind::string:
    case Token::Kind::ipv4:
    case Token::Kind::ipv6: option.value = in.take().text; return option;
    default: in.fail_expected("a number, a word, a string or an address");
  }
}

std::vector<Option> read_options(Reader& in) {
  std::vector<Option> options;
  while (in.at(Token::Kind::option)) {
    const Token flag = in.take();
    if (flag.text == "udp_encapsulation") in.note(Dialect::nplab, "--udp_encapsulation");
    if (flag.text == "define") {
      read_definition(in, flag.place);
    } else {
      options.push_back(read_option(in, flag));
    }
  }
  return options;
}

std::optional<CommandSpec> read_command(Reader& in) {
  if (!in.at(Token::Kind::command)) return std::nullopt;
  return CommandSpec{.line = std::string{in.take().text}};
}

EventTime read_time(Reader& in) {
  EventTime time;
  if (in.take_if('*')) {
    time.kind = EventTime::Kind::any;
    return time;
  }
  const bool is_relative = in.take_if('+');
  time.kind = is_relative ? EventTime::Kind::relative : EventTime::Kind::absolute;
  time.from = in.seconds();
  if (!in.take_if('~')) return time;
  if (is_relative) in.expect('+');
  const Place place = in.now().place;
  time.kind = is_relative ? EventTime::Kind::relative_range : EventTime::Kind::absolute_range;
  time.to = in.seconds();
  if (time.to < time.from) in.fail(place, "this range of times ends before it begins");
  return time;
}

bool is_expectation(const Event& event) {
  const auto* packet = std::get_if<PacketSpec>(&event.action);
  return packet != nullptr && packet->direction == Direction::outbound;
}

Event read_event(Reader& in) {
  if (!in.at('*') && !in.at('+') && !in.at(Token::Kind::integer) && !in.at(Token::Kind::fraction))
    in.fail_expected("an event, which begins with its time");
  Event event;
  event.place = in.now().place;
  event.time = read_time(in);
  if (in.at('<') || in.at('>')) {
    event.action = read_packet(in);
  } else if (in.at(Token::Kind::command)) {
    event.action = CommandSpec{.line = std::string{in.take().text}};
  } else if (in.at(Token::Kind::code)) {
    event.action = CodeSpec{.text = std::string{in.take().text}};
  } else if (in.at(Token::Kind::word) || in.at(Token::Kind::ellipsis)) {
    event.action = read_call(in);
  } else {
    in.fail_expected("a packet (< or >), a system call, a `command` or %{ code }%");
  }
  const bool has_one_time =
      event.time.kind == EventTime::Kind::absolute || event.time.kind == EventTime::Kind::relative;
  if (!has_one_time && !is_expectation(event))
    in.fail(event.place, "* and ranges of times are for packets that are expected (>)");
  return event;
}

Reader reader_of(std::string_view text, const std::string& name, const ParseSettings& settings) {
  if (text.size() > kLongestScript)
    throw InputError{name, "a script of at most " + std::to_string(kLongestScript) + " bytes",
                     std::to_string(text.size())};
  return Reader{Lexer{text, name, settings.definitions}, settings.dialect};
}

}  // namespace

std::string_view to_string(Dialect dialect) { return dialect == Dialect::google ? "google" : "nplab"; }

Script parse_script(std::string_view text, const std::string& name, const ParseSettings& settings) {
  Reader in = reader_of(text, name, settings);
  Script script;
  script.options = read_options(in);
  script.init = read_command(in);
  do script.events.push_back(read_event(in));
  while (!in.at(Token::Kind::end) && !in.at(Token::Kind::command));
  script.cleanup = read_command(in);
  if (!in.at(Token::Kind::end)) in.fail_expected("the end of the script after its last command");
  if (in.lexer().has_seen_ifdef()) in.note(Dialect::nplab, "#ifdef");
  script.dialect = in.dialect().value_or(Dialect::google);
  return script;
}

std::vector<Option> parse_options(std::string_view text, const std::string& name,
                                  const ParseSettings& settings) {
  Reader in = reader_of(text, name, settings);
  return read_options(in);
}

}  // namespace halfopen::script
