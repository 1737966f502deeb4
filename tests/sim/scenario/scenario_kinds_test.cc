// Whatever kind of value stands under whatever key: it is read, or refused in one line. Nothing else.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sim/scenario/scenario.h"

namespace halfopen {
namespace {

constexpr std::string_view kFull = R"(title = "t"
[path]
[path.to_server]
[client]
program = "line-client"
[server]
program = "echo-server"
[[timeline]]
at = "1s"
do = "client types"
text = "hello"
[[timeline]]
at = "2s"
do = "path drops"
[[timeline]]
at = "3s"
do = "router answers"
icmp = "host unreachable"
[[timeline]]
at = "4s"
do = "server host shuts down"
[[timeline]]
at = "5s"
do = "server process is killed"
[[expect]]
client.call = "read"
[[expect]]
server.packets = 3
[[expect]]
client.state = "ESTABLISHED"
at = "1s"
[[expect]]
ladder = "client > server S"
)";

// What `assignments` lay over that scenario: "read", or the refusal.
std::string told(const std::vector<std::string>& assignments) {
  try {
    static_cast<void>(parse_scenario(kFull, "x.toml", {.overrides = assignments}));
  } catch (const InputError& error) {
    return error.what();
  }
  return "read";
}

std::vector<std::string> keys() {
  std::vector<std::string> all;
  const auto put = [&all](std::string_view section, std::initializer_list<const char*> names) {
    for (const char* name : names) all.push_back(std::string{section} + name);
  };
  put("", {"title", "story", "ip_version", "until", "seed", "sooner", "path", "router", "client", "server",
           "timeline", "expect"});
  for (const char* link : {"path.", "path.to_server.", "path.to_client."}) {
    put(link, {"delay", "jitter", "loss", "reorder", "reorder_delay", "duplicate", "rate", "queue", "mtu"});
  }
  put("path.", {"to_server", "to_client"});
  put("router.", {"address", "says_too_big"});
  for (const char* host : {"client.", "server."}) {
    put(host, {"profile", "address", "hz", "timer_phase", "wakeup_preemption", "truesize", "truesize.small",
               "mtu", "sysctl", "sysctl.tcp_retries2", "program", "sockopt", "sockopt.SO_KEEPALIVE",
               "sockopt.SO_LINGER", "sockopt.TCP_USER_TIMEOUT"});
  }
  put("client.", {"watch", "keep_going", "bytes", "never_reads", "local_port", "read_timeout", "read_delay",
                  "sigpipe", "connections", "addresses", "connection_interval"});
  put("server.", {"on_sigterm", "backlog", "port", "reply", "reply_when"});
  for (const char* event : {"timeline.1.", "timeline.2.", "timeline.3.", "timeline.4.", "timeline.5."}) {
    put(event, {"at",     "after",      "delay",       "do",        "text",       "times",
                "signal", "who",        "down_for",    "grace",     "dark",       "direction",
                "match",  "match.from", "match.flags", "match.len", "match.icmp", "match.is_icmp",
                "count",  "skip",       "icmp",        "mtu",       "by"});
  }
  for (const char* expect : {"expect.1.", "expect.2.", "expect.3.", "expect.4."}) {
    put(expect, {"when",           "says",           "at",
                 "within",         "after",          "never",
                 "count",          "client",         "server",
                 "router",         "ladder",         "errno",
                 "result",         "waited",         "data",
                 "match",          "match.flags",    "tolerance",
                 "client.state",   "client.call",    "client.retransmissions",
                 "server.packets", "client.signal",  "client.exit_status",
                 "client.output",  "client.process", "router.packets"});
  }
  return all;
}

TEST(ScenarioKinds, AnyKindOfValueUnderAnyKeyIsReadOrRefused) {
  const std::vector<std::string> values{"1",
                                        "-1",
                                        "1.5",
                                        "true",
                                        "text",
                                        "1979-05-27",
                                        "[]",
                                        "[1, 2]",
                                        "[2]",
                                        "[[1]]",
                                        "['a', 'b']",
                                        "{}",
                                        "{ x = 1 }",
                                        "nan",
                                        "inf",
                                        "[{ x = 1 }]",
                                        "",
                                        "[1, 'a']",
                                        "{ x = { y = [] } }",
                                        "9223372036854775807",
                                        "['1s', '2s']"};
  std::size_t refused = 0;
  for (const std::string& key : keys()) {
    SCOPED_TRACE(key);
    for (const std::string& value : values) refused += told({key + '=' + value}) == "read" ? 0u : 1u;
    for (const char* below : {".x=1", ".1=1", ".x.y=1"}) {
      const std::string refusal = told({key + below});
      EXPECT_EQ(refusal.find('\n'), std::string::npos) << refusal;
    }
  }
  EXPECT_GT(refused, keys().size());
}

TEST(ScenarioKinds, ATableWhereASocketOptionHasItsNumberIsNamed) {
  const std::string expected = "expected a whole number from -2147483648 to 2147483647 for SO_KEEPALIVE";
  EXPECT_EQ(told({"client.sockopt.SO_KEEPALIVE.x=1"}),
            "--set client.sockopt.SO_KEEPALIVE.x: " + expected + ", found a table");
  EXPECT_EQ(told({"client.sockopt.SO_KEEPALIVE={ x = 1 }"}),
            "--set client.sockopt.SO_KEEPALIVE: " + expected + ", found a table");
  EXPECT_EQ(told({"client.sockopt.SO_KEEPALIVE={}"}),
            "--set client.sockopt.SO_KEEPALIVE: " + expected + ", found a table");
  EXPECT_EQ(told({"client.sockopt.SO_KEEPALIVE=1"}), "read");
}

// Dots are part of a sysctl's name, so a table is more of the name; but one without a value is none.
TEST(ScenarioKinds, ASysctlWithoutAValueIsRefused) {
  EXPECT_EQ(told({"client.sysctl.tcp_retries2={}"}),
            "--set client.sysctl.tcp_retries2: expected a number or a text for tcp_retries2, found a table");
  EXPECT_EQ(told({"client.sysctl.net.inet.tcp.keepidle=7200"}), "read");
}

}  // namespace
}  // namespace halfopen
