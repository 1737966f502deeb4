// System calls and their values. The forms are those of the rules expression, binary_expression, msghdr,
// cmsg_expr, sockaddr, pollfd, epollev, linger, iovec and opt_errno in the parser.y of google/packetdrill and
// nplab/packetdrill, read by one rule here.
#include "tests/sim/script/snippets.h"

namespace halfopen::script {
namespace {

using Kind = Value::Kind;

Value word(std::string text) { return value_of(Kind::word, std::move(text)); }
Value list(std::vector<Value> items) { return value_of(Kind::list, {}, std::move(items)); }
Value structure(std::vector<Value> items) { return value_of(Kind::structure, {}, std::move(items)); }
Value call(std::string name, std::vector<Value> items) {
  return value_of(Kind::call, std::move(name), std::move(items));
}
Value string(std::string text) { return value_of(Kind::string, std::move(text)); }
Value field(std::string name, Value value) {
  return value_of(Kind::assignment, {}, {word(std::move(name)), std::move(value)});
}
Value hexadecimal(std::int64_t number) {
  Value value = decimal(number);
  value.kind = Kind::hexadecimal;
  return value;
}
Value with_tail(Value value) {
  value.goes_on = true;
  return value;
}

struct Snippet {
  const char* text;
  Value value;
};
class Values : public ::testing::TestWithParam<Snippet> {};
TEST_P(Values, AreReadAndWritten) {
  EXPECT_EQ(read_value_of(GetParam().text), GetParam().value);
  EXPECT_EQ(text_of(GetParam().value), GetParam().text);
}
INSTANTIATE_TEST_SUITE_P(
    Forms, Values,
    ::testing::Values(
        Snippet{"...", ellipsis()}, Snippet{"0", decimal(0)}, Snippet{"-1", decimal(-1)},
        Snippet{"9223372036854775807", decimal(INT64_MAX)}, Snippet{"0x2a", hexadecimal(42)},
        Snippet{"0xffffffffffffffff", hexadecimal(-1)}, Snippet{"SOCK_STREAM", word("SOCK_STREAM")},
        Snippet{"\"a\\\"b\"", string("a\\\"b")}, Snippet{"\"abc\"...", with_tail(string("abc"))},
        Snippet{"[]", list({})}, Snippet{"[1, [x]]", list({decimal(1), list({word("x")})})},
        Snippet{"{..., 4}", structure({ellipsis(), decimal(4)})},
        Snippet{"htons(8080)", call("htons", {decimal(8080)})},
        Snippet{"inet_addr(\"192.0.2.1\")", call("inet_addr", {string("192.0.2.1")})},
        Snippet{"O_RDWR|O_NONBLOCK|1",
                value_of(Kind::any_of, {}, {word("O_RDWR"), word("O_NONBLOCK"), decimal(1)})},
        Snippet{"{onoff=1, linger=...}",
                structure({field("onoff", decimal(1)), field("linger", ellipsis())})},
        Snippet{"{fd=3, events=POLLIN|POLLOUT}",
                structure({field("fd", decimal(3)),
                           field("events", value_of(Kind::any_of, {}, {word("POLLIN"), word("POLLOUT")}))})},
        Snippet{"{msg_iov(2)=[{..., 5}]}",
                structure({value_of(Kind::assignment, {},
                                    {call("msg_iov", {decimal(2)}),
                                     list({structure({ellipsis(), decimal(5)})})})})}));

TEST(Calls, StringsInARowAreOne) {  // string_sequence
  EXPECT_EQ(read_value_of("\"ab\" \"cd\""), string("abcd"));
}

TEST(Calls, BlanksAndLinesDoNotMatter) {
  EXPECT_EQ(read_value_of("{ a = 1 ,\n\t[ 2|3 ] }"), read_value_of("{a=1,[2|3]}"));
}

TEST(Calls, AFieldIsFoundByItsName) {
  const Value message = read_value_of("{msg_name(...)=..., msg_iov(1)=[{...,0}], msg_flags=MSG_ERRQUEUE}");
  ASSERT_NE(message.field("msg_flags"), nullptr);
  EXPECT_EQ(message.field("msg_flags")->text, "MSG_ERRQUEUE");
  ASSERT_NE(message.field("msg_iov"), nullptr);
  EXPECT_EQ(message.field("msg_iov")->kind, Kind::list);
  EXPECT_EQ(message.field("msg_control"), nullptr);
}

TEST(Calls, HaveArgumentsResultErrorAndNote) {  // syscall_spec, opt_errno, opt_note
  EXPECT_EQ(call_of("socket(..., SOCK_STREAM, IPPROTO_TCP) = 3"),
            (CallSpec{.end = {},
                      .name = "socket",
                      .arguments = {ellipsis(), word("SOCK_STREAM"), word("IPPROTO_TCP")},
                      .result = decimal(3),
                      .error = {},
                      .note = {}}));
  const CallSpec connect = call_of("connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)");
  EXPECT_EQ(connect.result, decimal(-1));
  EXPECT_EQ(connect.error, "EINPROGRESS");
  EXPECT_EQ(connect.note, "Operation now in progress");
  const CallSpec fcntl = call_of("fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)");
  EXPECT_EQ(fcntl.result, hexadecimal(2));
  EXPECT_EQ(fcntl.error, std::nullopt);
  EXPECT_EQ(fcntl.note, "flags O_RDWR");
  EXPECT_TRUE(call_of("epoll_create() = 4").arguments.empty());
}

TEST(Calls, AWordAsResultMayHaveANote) {  // opt_note after an expression that is a word
  const CallSpec call = call_of("fcntl(3, F_GETFL) = O_RDWR|O_NONBLOCK (flags)");
  EXPECT_EQ(call.result, value_of(Kind::any_of, {}, {word("O_RDWR"), word("O_NONBLOCK")}));
  EXPECT_EQ(call.note, "flags");
}

TEST(Calls, PlacesAreThoseOfTheWords) {
  const CallSpec call = std::get<CallSpec>(event_of("+0 f(1,\n  [ab, c|d]) = 0").action);
  const Value& items = call.arguments.at(1);
  EXPECT_EQ(items.place.line, 2U);
  EXPECT_EQ(items.place.column, 3U);
  EXPECT_EQ(items.items.at(0).place.column, 4U);
  EXPECT_EQ(items.items.at(1).items.at(1).place.column, 10U);
}

TEST(Calls, EscapesInStringsAreBytes) {  // unescape_cstring_expression() in script.c
  EXPECT_EQ(unescaped(R"(a\n\t\\\"\x41\xff)"), "a\n\t\\\"A\xff");
  EXPECT_EQ(unescaped(""), "");
  EXPECT_EQ(unescaped("\\"), std::nullopt);
  EXPECT_EQ(unescaped("\\q"), std::nullopt);
  EXPECT_EQ(unescaped("\\x4"), std::nullopt);
  EXPECT_EQ(unescaped("\\xg0"), std::nullopt);
}

}  // namespace
}  // namespace halfopen::script
