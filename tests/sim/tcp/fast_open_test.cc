// TCP Fast Open beside the endpoint (RFC 7413): cookies, and what a host remembers of servers.
#include "sim/tcp/fast_open.h"

#include <gtest/gtest.h>

#include "sim/tcp/profile.h"
#include "sim/tcp/sysctl.h"

namespace halfopen {
namespace {

const SocketAddress kServer{*IpAddress::parse("192.0.2.1"), 80};

FastOpenProfile rule_of(std::string_view profile) { return find_profile(profile)->fast_open; }

FastOpenOption option(std::initializer_list<std::uint8_t> cookie, bool experimental = false) {
  return {.cookie = FastOpenCookie{std::span{cookie.begin(), cookie.size()}}, .experimental = experimental};
}

FastOpenCookie cookie_on_linux(std::string_view key, std::string_view client, std::string_view server) {
  OsProfile p = *find_profile("linux");
  EXPECT_EQ(set_sysctl(p, "tcp_fastopen_key", key).what, SysctlOutcome::What::applied);
  return make_fast_open_cookie(p.fast_open, p.fast_open.key, *IpAddress::parse(client),
                               *IpAddress::parse(server));
}

FastOpenCookie bytes(std::initializer_list<std::uint8_t> values) {
  return FastOpenCookie{std::span{values.begin(), values.size()}};
}

// What Linux computes, as Google's packetdrill suite has it for these keys and addresses.
TEST(FastOpenCookie, IsLinuxs) {
  const std::string_view key = "a0bf63f7-ed803d81-cd641d30-cebc4a90";
  EXPECT_EQ(cookie_on_linux(key, "10.248.0.2", "192.168.0.2"),
            bytes({0x00, 0xab, 0xaa, 0xab, 0xe8, 0xe9, 0x54, 0xc2}));
  EXPECT_EQ(cookie_on_linux(key, "10.248.0.3", "192.168.0.2"),
            bytes({0x13, 0x13, 0xa2, 0xda, 0x99, 0x4a, 0x09, 0x51}));
  EXPECT_EQ(cookie_on_linux("a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4", "192.0.2.1", "192.168.0.1"),
            bytes({0x30, 0x21, 0xb9, 0xd8, 0x89, 0x01, 0x7e, 0xeb}));
}

// RFC 7413 section 4.1.2: bound to the client's address; FreeBSD's not to the server's.
TEST(FastOpenCookie, IsOfTheClientAlone) {
  const FastOpenProfile freebsd = rule_of("freebsd");
  const FastOpenKey key{.bytes = {1, 2, 3}, .is_set = true};
  const IpAddress here = *IpAddress::parse("192.0.2.7");
  const IpAddress there = *IpAddress::parse("192.0.2.8");
  EXPECT_EQ(make_fast_open_cookie(freebsd, key, kServer.ip, here),
            make_fast_open_cookie(freebsd, key, kServer.ip, there));
  EXPECT_NE(make_fast_open_cookie(freebsd, key, here, kServer.ip),
            make_fast_open_cookie(freebsd, key, there, kServer.ip));
  EXPECT_NE(make_fast_open_cookie(rule_of("linux"), key, kServer.ip, here),
            make_fast_open_cookie(rule_of("linux"), key, kServer.ip, there));
}

TEST(FastOpenCookie, HasAnEvenLengthFromFourToSixteen) {  // RFC 7413 section 2
  for (std::size_t size = 0; size <= 18; ++size) {
    std::vector<std::uint8_t> wire{34, static_cast<std::uint8_t>(2 + size)};
    wire.resize(2 + size, 7);
    const auto options = TcpOptions::parse(wire);
    ASSERT_TRUE(options);
    const bool counts = size == 0 || (size >= 4 && size <= 16 && size % 2 == 0);
    EXPECT_EQ(valid_fast_open(*options).has_value(), counts) << size;
  }
}

TEST(FastOpenCache, AsksAndThenShowsWhatItGot) {
  const FastOpenProfile linux_rule = rule_of("linux");
  FastOpenCache cache;
  auto choice = cache.choose({}, linux_rule, kServer, false);
  EXPECT_EQ(choice.option, FastOpenOption{});
  EXPECT_FALSE(choice.may_send_data);
  cache.learn({}, linux_rule, kServer, {.mss = 940, .given = option({1, 2, 3, 4})});
  choice = cache.choose({}, linux_rule, kServer, false);
  EXPECT_EQ(choice.option, option({1, 2, 3, 4}));
  EXPECT_EQ(choice.mss, 940);
  EXPECT_TRUE(choice.may_send_data);
  // A SYN-ACK without a cookie takes none away; another server has none.
  cache.learn({}, linux_rule, kServer, {.mss = 1000, .given = {}, .refused = true});
  EXPECT_EQ(cache.choose({}, linux_rule, kServer, false).option, option({1, 2, 3, 4}));
  EXPECT_FALSE(cache.choose({}, linux_rule, {*IpAddress::parse("192.0.2.2"), 80}, false).may_send_data);
  // It is the address's, whatever the port; and to switch the client off does not forget it.
  EXPECT_TRUE(cache.choose({}, linux_rule, {kServer.ip, 8080}, false).may_send_data);
  FastOpenProfile off = linux_rule;
  off.client.value = false;
  cache.follow(off);
  EXPECT_TRUE(cache.choose({}, linux_rule, kServer, false).may_send_data);
  cache.forget_servers();
  EXPECT_FALSE(cache.choose({}, linux_rule, kServer, false).may_send_data);
}

TEST(FastOpenCache, WithoutCookieTheSynHasNoOption) {
  const FastOpenCache cache;
  FastOpenProfile rule = rule_of("linux");
  EXPECT_FALSE(cache.choose({}, rule, kServer, true).option);
  EXPECT_TRUE(cache.choose({}, rule, kServer, true).may_send_data);
  rule.client_without_cookie.value = true;
  EXPECT_FALSE(cache.choose({}, rule, kServer, false).option);
  EXPECT_TRUE(cache.choose({}, rule, kServer, false).may_send_data);
}

// Linux: net/ipv4/tcp_input.c tcp_rcv_fastopen_synack, try_exp; the suite's fallback-exp-opt shows it.
TEST(FastOpenCache, LinuxTriesTheExperimentalOptionOnce) {
  const FastOpenProfile rule = rule_of("linux");
  FastOpenCache cache;
  cache.learn({}, rule, kServer, {.mss = 1460, .given = {}, .refused = true});
  EXPECT_TRUE(cache.choose({}, rule, kServer, false).option->experimental);
  cache.learn({}, rule, kServer, {.mss = 1460, .given = {}, .refused = true, .asked_experimental = true});
  EXPECT_FALSE(cache.choose({}, rule, kServer, false).option->experimental);
  cache.learn({}, rule, kServer, {.mss = 1460, .given = {}, .refused = true});
  EXPECT_FALSE(cache.choose({}, rule, kServer, false).option->experimental);
}

// FreeBSD: net.inet.tcp.fastopen.path_disable_time, 900 s.
TEST(FastOpenCache, FreeBsdLetsAServerWithoutCookiesAlone) {
  const FastOpenProfile rule = rule_of("freebsd");
  FastOpenCache cache;
  const TimePoint now{1h};
  cache.learn(now, rule, kServer, {.mss = 1460, .given = {}, .refused = true});
  EXPECT_FALSE(cache.choose(now + 900s - 1ns, rule, kServer, false).option);
  EXPECT_TRUE(cache.choose(now + 900s, rule, kServer, false).option);
}

// FreeBSD: netinet/tcp_fastopen.c tcp_fastopen_disable_path and tcp_fastopen_ccache_lookup. The suite's
// fast-open/client/client-handle-cookie-reject-of-length-01 and its kin show it; those that would have it
// otherwise (client-handle-cookie-update-of-length-01) are among those that it expects FreeBSD to fail.
TEST(FastOpenCache, FreeBsdForgetsWhatASynAckDoesNotConfirm) {
  const FastOpenProfile rule = rule_of("freebsd");
  FastOpenCache cache;
  const SocketAddress other{kServer.ip, 8080};
  for (const SocketAddress& server : {kServer, other})
    cache.learn({}, rule, server, {.mss = 1460, .given = option({1, 2, 3, 4})});
  cache.learn({}, rule, kServer, {.mss = 1460, .given = {}, .refused = true});
  EXPECT_FALSE(cache.choose({}, rule, kServer, false).option);
  EXPECT_TRUE(cache.choose({}, rule, other, false).may_send_data);  // another port is another server
  const auto later = cache.choose(TimePoint{900s}, rule, kServer, false);
  EXPECT_EQ(later.option, FastOpenOption{});  // asks anew
  EXPECT_FALSE(later.may_send_data);
}

// FreeBSD: sysctl_net_inet_tcp_fastopen_client_enable empties its cache.
TEST(FastOpenCache, FreeBsdForgetsAllWhenItsClientIsSwitchedOff) {
  FastOpenProfile rule = rule_of("freebsd");
  FastOpenCache cache;
  cache.learn({}, rule, kServer, {.mss = 1460, .given = option({1, 2, 3, 4})});
  cache.follow(rule);
  EXPECT_TRUE(cache.choose({}, rule, kServer, false).may_send_data);
  rule.client.value = false;
  cache.follow(rule);
  rule.client.value = true;
  EXPECT_EQ(cache.choose({}, rule, kServer, false).option, FastOpenOption{});
}

// Linux: net.ipv4.tcp_fastopen_blackhole_timeout_sec; each pause is twice the one before, up to 64 times.
TEST(FastOpenCache, ABlackHolePausesAllServers) {
  FastOpenProfile rule = rule_of("linux");
  FastOpenCache cache;
  cache.learn({}, rule, kServer, {.mss = 1460, .given = option({1, 2, 3, 4})});
  cache.found_blackhole({}, rule);  // the parameter is 0: off
  EXPECT_TRUE(cache.choose({}, rule, kServer, false).may_send_data);
  rule.pause_of_blackhole.value = 100s;
  TimePoint now{1h};
  for (const int factor : {1, 2, 4, 8, 16, 32, 64, 64}) {
    cache.found_blackhole(now, rule);
    EXPECT_FALSE(cache.choose(now + factor * 100s - 1ns, rule, kServer, false).may_send_data) << factor;
    const auto choice = cache.choose(now + factor * 100s, rule, kServer, false);
    EXPECT_TRUE(choice.may_send_data && choice.after_blackhole) << factor;
    now += factor * 100s;
  }
  cache.passed_blackhole();
  EXPECT_FALSE(cache.choose(now, rule, kServer, false).after_blackhole);
  cache.found_blackhole(now, rule);
  EXPECT_TRUE(cache.choose(now + 100s, rule, kServer, false).may_send_data);
}

}  // namespace
}  // namespace halfopen
