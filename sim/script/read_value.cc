// Values and system calls.
#include <utility>

#include "sim/script/reader.h"

namespace halfopen::script {
namespace {

using Kind = Value::Kind;

void refuse_sctp(const Reader& in, const Token& word) {
  if (word.text == "IPPROTO_SCTP" || word.text.starts_with("SCTP_") || word.text.starts_with("sctp_"))
    in.fail(word.place, "SCTP is not supported");
}

// Values with commas between them, up to `close`, which is taken, too.
std::vector<Value> read_values(Reader& in, char close) {
  std::vector<Value> values;
  if (in.take_if(close)) return values;
  do values.push_back(read_value(in));
  while (in.take_if(','));
  in.expect(close);
  return values;
}

// A string, or several in a row, which are one; or one with `...` after it.
Value read_string(Reader& in) {
  Value value = value_of(Kind::string, std::string{in.take().text});
  if (in.at(Token::Kind::string)) {
    in.note(Dialect::google, "a string after a string");
    while (in.at(Token::Kind::string)) value.text += in.take().text;
  } else if (in.at(Token::Kind::ellipsis)) {
    in.take();
    value.goes_on = true;
  }
  return value;
}

// Whether a word may have arguments and a right side: not in a result, where the bracket after it begins a
// note.
enum class Words : std::uint8_t { plain, any };

// WORD, WORD(values), and either with =value.
Value read_word(Reader& in, Words words) {
  const Token word = in.take();
  refuse_sctp(in, word);
  Value value = value_of(Kind::word, std::string{word.text});
  value.place = word.place;
  if (words == Words::plain) return value;
  if (in.take_if('(')) {
    value.kind = Kind::call;
    value.items = read_values(in, ')');
  }
  if (!in.take_if('=')) return value;
  Value assignment = value_of(Kind::assignment, {});
  assignment.items.push_back(std::move(value));
  assignment.items.push_back(read_value(in));
  return assignment;
}

Value read_number(Reader& in) {
  Value value;
  value.kind = in.now().text.starts_with("0x") ? Kind::hexadecimal : Kind::decimal;
  value.number = in.any_number();
  return value;
}

// Anything but a|b.
Value read_part(Reader& in, Words words) {
  if (in.at(Token::Kind::integer)) return read_number(in);
  if (in.at(Token::Kind::string)) return read_string(in);
  if (in.at(Token::Kind::word)) return read_word(in, words);
  if (in.at(Token::Kind::ellipsis)) {
    in.take();
    return ellipsis();
  }
  if (in.take_if('[')) return value_of(Kind::list, {}, read_values(in, ']'));
  if (in.take_if('{')) return value_of(Kind::structure, {}, read_values(in, '}'));
  in.fail_expected("a value");
}

// `(words)`.
std::string read_note(Reader& in) {
  in.expect('(');
  std::string note;
  while (in.at(Token::Kind::word) || in.at(Token::Kind::integer)) {
    if (!note.empty()) note += ' ';
    note += in.take().text;
  }
  if (note.empty()) in.fail_expected("a word");
  in.expect(')');
  return note;
}

// One part, or several with | between them.
Value read_parts(Reader& in, Words words) {
  const Reader::Level level{in};
  Value any = value_of(Kind::any_of, {});
  any.place = in.now().place;
  do {
    const Place place = in.now().place;
    any.items.push_back(read_part(in, words));
    any.items.back().place = place;
  } while (in.take_if('|'));
  return any.items.size() == 1 ? Value{std::move(any.items.front())} : any;
}

}  // namespace

Value read_value(Reader& in) { return read_parts(in, Words::any); }

CallSpec read_call(Reader& in) {
  CallSpec call;
  if (in.at(Token::Kind::ellipsis)) {
    in.take();
    call.end = in.seconds();
  }
  const Token name = in.take(Token::Kind::word, "a system call's name");
  refuse_sctp(in, name);
  call.name = name.text;
  in.expect('(');
  call.arguments = read_values(in, ')');
  in.expect('=');
  call.result = read_parts(in, Words::plain);
  if (in.at(Token::Kind::word)) call.error = in.take().text;
  if (in.at('(')) call.note = read_note(in);
  return call;
}

}  // namespace halfopen::script
