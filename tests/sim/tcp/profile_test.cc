// The rows against the numbers of the systems' sources, of measurements and of the RFCs, one table a system.
#include "sim/tcp/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>

#include "sim/base/units.h"
#include "sim/tcp/profile_fields.h"
#include "sim/tcp/sysctl.h"

namespace halfopen {
namespace {

using ::testing::ElementsAre;

const OsProfile& profile(std::string_view name) { return *find_profile(name); }

// "group: name" of each line, without the OS's own names in parentheses, to its value.
std::map<std::string, std::string> values_of(const OsProfile& p) {
  std::map<std::string, std::string> values;
  for (const ProfileLine& line : describe_profile(p)) {
    values[std::string{line.group} + ": " + line.name.substr(0, line.name.find(" ("))] = line.value;
  }
  return values;
}

struct Expected {
  std::string_view field;
  std::string_view value;
};

void expect_values(std::string_view name, std::span<const Expected> expected) {
  const auto values = values_of(profile(name));
  for (const Expected& e : expected) {
    const auto found = values.find(std::string{e.field});
    ASSERT_NE(found, values.end()) << e.field;
    EXPECT_EQ(found->second, e.value) << name << ", " << e.field;
  }
}

TEST(Profiles, AreFoundByNameAndAlias) {
  std::vector<std::string_view> names;
  for (const OsProfile* p : all_profiles()) names.push_back(p->name);
  EXPECT_THAT(names, ElementsAre("4.4bsd", "linux-5.10", "linux-6.1", "linux-6.12", "linux-6.18", "linux-7.2",
                                 "freebsd-14", "windows-11", "macos-15", "openbsd-7", "rfc"));
  EXPECT_EQ(find_profile("berkeley"), find_profile("4.4bsd"));
  EXPECT_EQ(find_profile("linux"), find_profile("linux-6.18"));
  EXPECT_EQ(find_profile("freebsd"), find_profile("freebsd-14"));
  EXPECT_EQ(find_profile("solaris"), nullptr);
  EXPECT_EQ(find_profile(""), nullptr);
  EXPECT_THAT(profile_aliases("linux-6.18"), ElementsAre("linux"));
  EXPECT_TRUE(profile_aliases("linux-6.1").empty());
}

TEST(Profiles, FamiliesHaveTheNamesOfScenarios) {
  EXPECT_EQ(to_string(OsFamily::bsd44), "4.4bsd");
  EXPECT_EQ(to_string(OsFamily::linux_os), "linux");
  EXPECT_EQ(to_string(OsFamily::freebsd), "freebsd");
  EXPECT_EQ(to_string(OsFamily::rfc), "rfc");
}

TEST(Profiles, AreSaneAndEachConstantHasItsSource) {
  for (const OsProfile* p : all_profiles()) {
    EXPECT_TRUE(is_sane(*p)) << p->name;
    for (const ProfileLine& line : describe_profile(*p)) {
      EXPECT_FALSE(line.source.empty()) << p->name << ", " << line.name;
      EXPECT_FALSE(line.value.empty()) << p->name << ", " << line.name;
    }
  }
}

// A row of documents says of each constant whether its system's makers say it, or others; what is not known
// of it is the RFCs' or without effect.
TEST(Profiles, RowsOfDocumentsSayWhoSaysIt) {
  std::map<std::string, std::string_view> rfc;
  for (const ProfileLine& line : describe_profile(profile("rfc")))
    rfc[std::string{line.group} + ": " + line.name] = line.source;
  for (const std::string_view name : {"windows-11", "macos-15", "openbsd-7"}) {
    EXPECT_TRUE(profile(name).oracle.empty()) << name;
    for (const ProfileLine& line : describe_profile(profile(name))) {
      const bool is_told = line.source.starts_with("documented: ") || line.source.starts_with("reported: ");
      const auto inherited = rfc.find(std::string{line.group} + ": " + line.name);
      const bool is_of_rfc =
          line.source.starts_with("RFC ") || (inherited != rfc.end() && inherited->second == line.source);
      EXPECT_TRUE(is_told || is_of_rfc || line.value == "-") << name << ", " << line.name;
    }
  }
}

TEST(Profiles, SayWhatTheyWereHeldAgainst) {
  std::vector<std::string_view> unverified;
  for (const OsProfile* p : all_profiles())
    if (p->oracle.empty()) unverified.push_back(p->name);
  EXPECT_THAT(unverified, ElementsAre("windows-11", "macos-15", "openbsd-7", "rfc"));
}

// Groups are made of Sourced<T> and nothing else but the secret of Fast Open, so that the visited fields are
// all there are exactly if their sizes add up and no two are the same.
TEST(ProfileFields, NoneIsForgotten) {
  const OsProfile& p = profile("linux");
  std::size_t visited = 0;
  std::set<const void*> seen;
  std::set<std::string> names;
  visit_fields(p, [&](std::string_view group, std::string_view name, const auto& field) {
    visited += sizeof field;
    EXPECT_TRUE(seen.insert(&field).second) << group << ": " << name;
    EXPECT_TRUE(names.insert(std::string{group} + ": " + std::string{name}).second) << group << ": " << name;
  });
  EXPECT_EQ(visited, sizeof p.clock + sizeof p.rtt + sizeof p.retransmit + sizeof p.congestion +
                         sizeof p.ack + sizeof p.window + sizeof p.options + sizeof p.keepalive +
                         sizeof p.persist + sizeof p.close + sizeof p.check + sizeof p.icmp +
                         sizeof p.socket + sizeof p.ip + sizeof p.tunnel + sizeof p.blackhole +
                         offsetof(FastOpenProfile, key));
  const std::size_t secret = sizeof p.fast_open - offsetof(FastOpenProfile, key);
  EXPECT_EQ(sizeof p - visited,
            5 * sizeof p.name + sizeof(void*) + secret);  // name, title, story, base, oracle, and the family
}

TEST(ProfileFields, EachNameOfAnOsIsOneThatItsSysctlsKnow) {
  std::set<std::pair<OsFamily, std::string>> known;
  for (const SysctlName& name : sysctl_names()) known.emplace(name.family, name.name);
  for (const OsProfile* p : all_profiles()) {
    std::size_t named = 0;
    for (const ProfileLine& line : describe_profile(*p)) {
      const auto open = line.name.find(" (");
      if (open == std::string::npos) continue;
      ++named;
      const std::string name = line.name.substr(open + 2, line.name.size() - open - 3);
      EXPECT_TRUE(known.contains({p->family, name})) << p->name << ", " << name;
    }
    EXPECT_GE(named, 10u) << p->name;
  }
}

TEST(ProfileFields, TimesReadAsPeopleWriteThem) {
  EXPECT_EQ(exact_duration(Duration{200ms}), "200 ms");
  EXPECT_EQ(exact_duration(Duration{1s}), "1 s");
  EXPECT_EQ(exact_duration(Duration{75s}), "75 s");
  EXPECT_EQ(exact_duration(Duration{2h}), "2 h");
  EXPECT_EQ(exact_duration(Duration{120'832ms}), "120.832 s");
  EXPECT_EQ(exact_duration(Duration{1500us}), "1.5 ms");
  EXPECT_EQ(exact_duration(Duration{64ns}), "64 ns");
  EXPECT_EQ(exact_duration(Duration{0}), "0");
}

TEST(Linux, HasTheNumbersOfItsSources) {
  constexpr Expected expected[] = {
      {"clock: timer style", "jiffies and timer wheel"},
      {"clock: ticks a second", "250"},
      {"timeout: initial", "1 s"},
      {"timeout: without a sample", "3 s"},
      {"timeout: smallest", "200 ms"},
      {"timeout: largest", "120 s"},
      {"retransmission: gives up", "after a time budget made from retries"},
      {"retransmission: retries", "15"},
      {"retransmission: retries without a process", "8"},
      {"retransmission: backoff", "1 2 4 8 16 32 64 128 256 512 1024 2048 4096"},
      {"retransmission: reset on giving up", "no"},
      {"retransmission: SYN retries", "6"},
      {"retransmission: SYN-ACK retries", "5"},
      {"retransmission: limit on connecting", "0"},
      {"retransmission: tail loss probe", "yes"},
      {"retransmission: loss recovery", "RACK (RFC 8985), else NewReno"},
      {"retransmission: duplicate ACK threshold", "3"},
      {"retransmission: F-RTO", "yes"},
      {"retransmission: small segments merge", "yes"},
      {"congestion: algorithm", "CUBIC"},
      {"congestion: window counted in", "segments"},
      {"congestion: initial window", "10"},
      {"congestion: after idling", "halved for each timeout"},
      {"congestion: small segments wait", "while an earlier small one is"},
      {"acknowledgment: delay", "40 ms"},
      {"acknowledgment: longest delay", "200 ms"},
      {"acknowledgment: quick ACKs", "16"},
      {"window: receive buffer", "131072"},
      {"window: send buffer", "16384"},
      {"window: send buffer may grow to", "4194304"},
      {"window: memory cost of a full packet", "2304"},
      {"options: timestamps", "yes"},
      {"options: SACK", "yes"},
      {"options: DSACK", "yes"},
      {"options: window scaling", "yes"},
      {"options: timestamp clock", "1 ms"},
      {"options: order in a SYN", "MSS, SACK permitted, timestamps, window scale"},
      {"options: segment size when none is offered", "536"},
      {"keepalive: style", "dies of unanswered probes"},
      {"keepalive: always on", "no"},
      {"keepalive: idle time", "2 h"},
      {"keepalive: interval", "75 s"},
      {"keepalive: probes", "9"},
      {"keepalive: reset at the end", "yes"},
      {"zero window: probe style", "no data, an old sequence number"},
      {"zero window: shortest interval", "200 ms"},
      {"zero window: longest interval", "120 s"},
      {"close: reset on unread data", "yes"},
      {"close: FIN_WAIT_2", "60 s"},
      {"close: TIME_WAIT", "60 s"},
      {"checks: reset counts", "at exactly RCV.NXT"},
      {"checks: SYN when connected", "challenge ACK"},
      {"checks: challenge ACKs", "1"},
      {"checks: in a time of", "500 ms"},
      {"checks: ACKs of stray segments, one in", "500 ms"},
      {"ICMP: undoes a backoff", "yes"},
      {"sockets: end of input beats the error", "yes"},
      {"sockets: EPIPE beats the error", "no"},
      {"sockets: first ephemeral port", "32768"},
      {"sockets: last ephemeral port", "60999"},
      {"IP: time to live", "64"},
      {"IP: don't fragment", "yes"},
      {"IP: identification 0 without a socket", "yes"},
  };
  expect_values("linux-6.1", expected);
  expect_values("linux-6.18", expected);
}

TEST(Linux, ChangedBetween61And618WhereTheSheetSays) {
  const auto older = values_of(profile("linux-6.1"));
  auto newer = values_of(profile("linux-6.18"));
  EXPECT_EQ(older.at("retransmission: SYN timeouts that do not double"), "0");
  EXPECT_EQ(newer.at("retransmission: SYN timeouts that do not double"), "4");
  EXPECT_EQ(older.at("window: receive buffer may grow to"), "6291456");   // a window scale of 7
  EXPECT_EQ(newer.at("window: receive buffer may grow to"), "33554432");  // of 10
  EXPECT_EQ(older.at("window: clamp moves the threshold"), "no");
  EXPECT_EQ(newer.at("window: clamp moves the threshold"), "yes");
  EXPECT_EQ(older.at("congestion: PSH within a long write"), "yes");
  EXPECT_EQ(newer.at("congestion: PSH within a long write"), "no");
  EXPECT_EQ(older.at("congestion: a FIN may exceed the window"), "yes");
  EXPECT_EQ(newer.at("congestion: a FIN may exceed the window"), "no");
  EXPECT_EQ(older.at("sockets: SO_PEEK_OFF"), "no");
  EXPECT_EQ(newer.at("sockets: SO_PEEK_OFF"), "yes");
  EXPECT_EQ(older.at("checks: DSACK of a SYN that crossed"), "no");
  EXPECT_EQ(newer.at("checks: DSACK of a SYN that crossed"), "yes");
  EXPECT_EQ(older.at("congestion: Accurate ECN"), "no");
  EXPECT_EQ(newer.at("congestion: Accurate ECN"), "yes");
  EXPECT_EQ(older.at("window: memory's payload is measured"), "no");
  EXPECT_EQ(newer.at("window: memory's payload is measured"), "yes");
  EXPECT_EQ(older.at("window: segments beside what was read"), "16");
  EXPECT_EQ(newer.at("window: segments beside what was read"), "0");
  EXPECT_EQ(older.at("checks: window of an ACK without news"), "counts if it is larger");
  EXPECT_EQ(newer.at("checks: window of an ACK without news"), "counts if it is larger, or zero");
  EXPECT_EQ(older.at("checks: ACKs of what was never sent are answered"), "no");
  EXPECT_EQ(newer.at("checks: ACKs of what was never sent are answered"), "yes");
  EXPECT_EQ(older.at("IP: its step when TIME_WAIT is taken over"), "0");
  EXPECT_EQ(newer.at("IP: its step when TIME_WAIT is taken over"), "65537");
  EXPECT_EQ(older.at("window: begins beyond what a SYN can tell"), "no");
  EXPECT_EQ(newer.at("window: begins beyond what a SYN can tell"), "yes");
  EXPECT_EQ(older.at("window: what waits unread counts"), "no");
  EXPECT_EQ(newer.at("window: what waits unread counts"), "yes");
  EXPECT_EQ(older.at("window: memory cost of a small packet"), "768");
  EXPECT_EQ(newer.at("window: memory cost of a small packet"), "832");
  EXPECT_EQ(older.at("checks: data beyond the window"), "is taken");
  EXPECT_EQ(newer.at("checks: data beyond the window"), "is taken if nothing waits to be read");
  std::size_t differences = 0;
  for (const auto& [field, value] : older) differences += newer.at(field) == value ? 0u : 1u;
  EXPECT_EQ(differences, 17u);
}

TEST(Linux, ErrorsOfIcmpAndReset) {
  constexpr Expected expected[] = {
      {"ICMP: net unreachable", "ENETUNREACH; while opening: aborts, later: remembered"},
      {"ICMP: host unreachable", "EHOSTUNREACH; while opening: aborts, later: remembered"},
      {"ICMP: protocol unreachable", "ENOPROTOOPT; while opening: aborts, later: remembered"},
      {"ICMP: port unreachable", "ECONNREFUSED; while opening: aborts, later: remembered"},
      {"ICMP: source route failed", "EOPNOTSUPP; while opening: aborts, later: remembered"},
      {"ICMP: host unknown", "EHOSTDOWN; while opening: aborts, later: remembered"},
      {"ICMP: time exceeded", "EHOSTUNREACH; while opening: aborts, later: remembered"},
      {"ICMP: parameter problem", "EPROTO; while opening: aborts, later: remembered"},
      {"ICMP: source quench", "no error; while opening: ignored, later: ignored"},
      {"sockets: error of a reset in SYN_SENT", "ECONNREFUSED"},
      {"sockets: error of a reset in ESTABLISHED", "ECONNRESET"},
      {"sockets: error of a reset in CLOSE_WAIT", "EPIPE"},
      {"sockets: error of a reset in LAST_ACK", "ECONNRESET"},
  };
  expect_values("linux", expected);
}

TEST(Bsd44, HasTheNumbersOfItsSources) {
  constexpr Expected expected[] = {
      {"clock: slow tick", "500 ms"},
      {"clock: fast tick", "200 ms"},
      {"timeout: initial", "6 s"},
      {"timeout: without a sample", "12 s"},
      {"timeout: smallest", "1 s"},
      {"timeout: largest", "64 s"},
      {"timeout: granularity", "500 ms"},
      {"retransmission: gives up", "after a count of retries"},
      {"retransmission: retries", "12"},
      {"retransmission: backoff", "1 2 4 8 16 32 64 64 64 64 64 64 64"},
      {"retransmission: reset on giving up", "yes"},
      {"retransmission: limit on connecting", "75 s"},
      {"retransmission: tail loss probe", "-"},
      {"retransmission: loss recovery", "Reno"},
      {"retransmission: duplicate ACK threshold", "3"},
      {"retransmission: forgets the SRTT beyond expiry", "3"},
      {"congestion: window counted in", "bytes"},
      {"congestion: initial window", "1"},
      {"congestion: after idling", "one segment"},
      {"congestion: algorithm", "Reno by ACKs"},
      {"congestion: small segments wait", "while anything is, looked at once"},
      {"acknowledgment: style", "at the next fast tick"},
      {"window: receive buffer", "8192"},
      {"window: send buffer", "8192"},
      {"window: buffers in whole segments", "yes"},
      {"options: timestamps", "yes"},
      {"options: SACK", "no"},
      {"options: window scaling", "yes"},
      {"options: timestamp clock", "500 ms"},
      {"options: order in a SYN", "MSS, window scale, timestamps"},
      {"options: segment size when none is offered", "512"},
      {"keepalive: style", "dies of idle time"},
      {"keepalive: always on", "no"},
      {"keepalive: idle time", "2 h"},
      {"keepalive: interval", "75 s"},
      {"keepalive: probes", "8"},
      {"zero window: probe style", "one byte beyond the window"},
      {"zero window: shortest interval", "5 s"},
      {"zero window: longest interval", "60 s"},
      {"close: reset on unread data", "no"},
      {"close: FIN_WAIT_2", "600 s"},
      {"close: FIN_WAIT_2 looked at again", "75 s"},
      {"close: FIN_WAIT_2 idle limit", "600 s"},
      {"close: TIME_WAIT", "60 s"},
      {"checks: reset counts", "anywhere in the window"},
      {"checks: SYN when connected", "resets"},
      {"ICMP: net unreachable", "EHOSTUNREACH; while opening: remembered, later: ignored"},
      {"ICMP: host unreachable", "EHOSTUNREACH; while opening: remembered, later: ignored"},
      {"ICMP: port unreachable", "ECONNREFUSED; while opening: remembered, later: remembered"},
      {"ICMP: source quench",
       "no error; while opening: shrinks the congestion window, later: shrinks the congestion window"},
      {"ICMP: parameter problem", "ENOPROTOOPT; while opening: remembered, later: remembered"},
      {"ICMP: expiries before a repeated soft error aborts", "3"},
      {"sockets: error of a reset in SYN_SENT", "ECONNREFUSED"},
      {"sockets: error of a reset in SYN_RECEIVED", "ECONNREFUSED"},
      {"sockets: error of a reset in CLOSE_WAIT", "ECONNRESET"},
      {"sockets: end of input beats the error", "no"},
      {"sockets: EPIPE beats the error", "yes"},
      {"IP: time to live", "64"},
      {"IP: don't fragment", "no"},
      {"IP: identification", "counter of the host"},
      {"IP: its step when TIME_WAIT is taken over", "124928"},
  };
  expect_values("4.4bsd", expected);
}

TEST(Freebsd, HasTheNumbersOfItsSources) {
  constexpr Expected expected[] = {
      {"clock: ticks a second", "1000"},
      {"timeout: initial", "1 s"},
      {"timeout: smallest", "30 ms"},
      {"timeout: largest", "64 s"},
      {"timeout: added to each", "200 ms"},
      {"retransmission: retries", "12"},
      {"retransmission: backoff", "1 2 4 8 16 32 64 128 256 512 512 512 512"},
      {"retransmission: reset on giving up", "yes"},
      {"retransmission: SYN-ACK retries", "3"},
      {"retransmission: limit on connecting", "75 s"},
      {"congestion: algorithm", "CUBIC"},
      {"congestion: initial window", "10"},
      {"acknowledgment: style", "every second segment, or delayed"},
      {"acknowledgment: delay", "40 ms"},
      {"window: receive buffer", "65536"},
      {"window: scale reaches", "2097152"},
      {"options: order in a SYN", "MSS, window scale, SACK permitted, timestamps"},
      {"keepalive: always on", "yes"},
      {"keepalive: idle time", "2 h"},
      {"keepalive: interval", "75 s"},
      {"keepalive: probes", "8"},
      {"zero window: shortest interval", "5 s"},
      {"zero window: longest interval", "60 s"},
      {"close: FIN_WAIT_2", "60 s"},
      {"close: FIN_WAIT_2 looked at again", "75 s"},
      {"close: FIN_WAIT_2 idle limit", "600 s"},
      {"close: TIME_WAIT", "60 s"},
      {"checks: reset counts", "at the last ACK sent"},
      {"checks: challenge ACKs", "5"},
      {"checks: in a time of", "1 s"},
      {"ICMP: host unreachable", "EHOSTUNREACH; while opening: remembered, later: ignored"},
      {"ICMP: port unreachable", "ECONNREFUSED; while opening: aborts, later: ignored"},
      {"ICMP: time exceeded", "EHOSTUNREACH; while opening: aborts, later: ignored"},
      {"sockets: EPIPE beats the error", "yes"},
      {"IP: initial sequence number", "hash plus 1 MiB a second"},
  };
  expect_values("freebsd", expected);
}

TEST(Windows, HasTheNumbersOfItsDocuments) {
  constexpr Expected expected[] = {
      {"clock: timer style", "callouts"},
      {"clock: ticks a second", "64"},
      {"timeout: initial", "1 s"},
      {"timeout: smallest", "300 ms"},
      {"timeout: largest", "60 s"},
      {"retransmission: gives up", "after a count of retries"},
      {"retransmission: retries", "5"},
      {"retransmission: R2", "-"},
      {"retransmission: reset on giving up", "yes"},
      {"retransmission: SYN retries", "4"},
      {"retransmission: limit on connecting", "21 s"},
      {"retransmission: loss recovery", "RACK (RFC 8985), else NewReno"},
      {"congestion: algorithm", "CUBIC"},
      {"congestion: after idling", "the window stays"},
      {"acknowledgment: delay", "40 ms"},
      {"window: receive buffer", "65535"},
      {"window: scale reaches", "16776960"},  // a window scale of 8
      {"options: timestamps", "no"},
      {"options: order in a SYN", "MSS, window scale, SACK permitted, timestamps"},
      {"keepalive: interval", "1 s"},
      {"keepalive: probes", "10"},
      {"close: TIME_WAIT", "120 s"},
      {"ICMP: host unreachable", "EHOSTUNREACH; while opening: ignored, later: remembered"},
      {"ICMP: port unreachable", "ECONNREFUSED; while opening: aborts, later: aborts"},
      {"ICMP: fragmentation needed",
       "EMSGSIZE; while opening: shrinks the path MTU, later: shrinks the path MTU"},
      {"black holes: are looked for", "over IPv4"},
      {"sockets: error of a reset in LAST_ACK", "ECONNRESET"},
      {"IP: time to live", "128"},
  };
  expect_values("windows-11", expected);
}

TEST(Macos, HasTheNumbersOfItsSources) {
  constexpr Expected expected[] = {
      {"clock: ticks a second", "1000"},
      {"timeout: initial", "1 s"},
      {"timeout: smallest", "30 ms"},
      {"timeout: largest", "64 s"},
      {"timeout: added to each", "200 ms"},
      {"retransmission: retries", "12"},
      {"retransmission: backoff", "1 2 4 8 16 32 64 64 64 64 64 64 64"},
      {"retransmission: SYN timeouts that do not double", "4"},
      {"retransmission: expiries before a SYN without options", "10"},
      {"retransmission: limit on connecting", "75 s"},
      {"retransmission: tail loss probe", "yes"},
      {"retransmission: loss recovery", "RACK (RFC 8985), else NewReno"},
      {"congestion: ECN", "asked for and granted"},
      {"congestion: small segments wait", "while an earlier small one is"},
      {"acknowledgment: delay", "100 ms"},
      {"window: scale reaches", "4194240"},  // a window scale of 6
      {"options: order in a SYN", "MSS, window scale, timestamps, SACK permitted"},
      {"options: segment size when none is offered", "512"},
      {"keepalive: always on", "no"},
      {"close: reset on unread data", "yes"},
      {"close: FIN_WAIT_2", "60 s"},
      {"close: FIN_WAIT_2 looked at again", "0"},
      {"close: TIME_WAIT", "30 s"},
      {"checks: challenge ACKs", "10"},
      {"ICMP: host unreachable",
       "ENETUNREACH (EHOSTUNREACH in IPv6); while opening: remembered, later: ignored"},
      {"ICMP: admin prohibited", "ECONNREFUSED; while opening: aborts, later: ignored"},
      {"black holes: segment size that is tried", "1200"},
  };
  expect_values("macos-15", expected);
}

TEST(Openbsd, HasTheNumbersOfItsSources) {
  constexpr Expected expected[] = {
      {"clock: ticks a second", "100"},
      {"timeout: initial", "6 s"},
      {"timeout: without a sample", "12 s"},
      {"timeout: smallest", "1 s"},
      {"timeout: largest", "64 s"},
      {"retransmission: retries", "12"},
      {"retransmission: backoff", "1 2 4 8 16 32 64 64 64 64 64 64 64"},
      {"retransmission: SYN-ACK retries", "4"},
      {"retransmission: limit on connecting", "75 s"},
      {"retransmission: loss recovery", "SACK (RFC 6675), else NewReno"},
      {"congestion: algorithm", "Reno by ACKs"},
      {"congestion: initial window", "10"},
      {"congestion: after idling", "one segment"},
      {"congestion: ECN", "never"},
      {"acknowledgment: delay", "200 ms"},
      {"window: receive buffer", "16384"},
      {"window: scale reaches", "2097152"},  // a window scale of 6
      {"options: DSACK", "no"},
      {"options: order in a SYN", "MSS, SACK permitted, window scale, timestamps"},
      {"options: segment size when none is offered", "1460"},
      {"close: reset on unread data", "no"},
      {"close: FIN_WAIT_2", "16 h"},
      {"close: FIN_WAIT_2 idle limit", "600 s"},
      {"close: TIME_WAIT", "60 s"},
      {"checks: challenge ACKs", "100"},
      {"ICMP: host unreachable",
       "EHOSTUNREACH (EHOSTDOWN in IPv6); while opening: remembered, later: ignored"},
      {"ICMP: time exceeded", "no error; while opening: ignored, later: ignored"},
      {"sockets: a full queue resets", "yes"},
      {"sockets: last ephemeral port", "49151"},
  };
  expect_values("openbsd-7", expected);
}

TEST(Rfc, HasTheNumbersOfTheStandards) {
  constexpr Expected expected[] = {
      {"clock: timer style", "ideal"},
      {"timeout: initial", "1 s"},
      {"timeout: without a sample", "3 s"},
      {"timeout: smallest", "1 s"},
      {"timeout: largest", "60 s"},
      {"retransmission: gives up", "after R2"},
      {"retransmission: R2", "100 s"},
      {"retransmission: loss recovery", "SACK (RFC 6675), else NewReno"},
      {"retransmission: duplicate ACK threshold", "3"},
      {"congestion: algorithm", "Reno"},
      {"congestion: initial window", "10"},
      {"congestion: after idling", "initial window"},
      {"keepalive: always on", "no"},
      {"keepalive: idle time", "2 h"},
      {"close: reset on unread data", "yes"},
      {"close: FIN_WAIT_2", "0"},
      {"close: TIME_WAIT", "240 s"},
      {"checks: reset counts", "at exactly RCV.NXT"},
      {"checks: SYN when connected", "challenge ACK"},
      {"checks: range of ACKs", "the largest window that the peer offered"},
      {"ICMP: net unreachable", "ENETUNREACH; while opening: remembered, later: remembered"},
      {"ICMP: host unreachable", "EHOSTUNREACH; while opening: remembered, later: remembered"},
      {"ICMP: protocol unreachable", "ENOPROTOOPT; while opening: aborts, later: aborts"},
      {"ICMP: port unreachable", "ECONNREFUSED; while opening: aborts, later: aborts"},
      {"ICMP: source route failed", "EOPNOTSUPP; while opening: remembered, later: remembered"},
      {"ICMP: time exceeded", "EHOSTUNREACH; while opening: remembered, later: remembered"},
      {"ICMP: parameter problem", "EPROTO; while opening: remembered, later: remembered"},
      {"ICMP: undoes a backoff", "no"},
  };
  expect_values("rfc", expected);
}

// RFC 9293 section 3.8.3: a SYN is tried for at least three minutes.
TEST(Rfc, ASynIsTriedForThreeMinutes) {
  const OsProfile& p = profile("rfc");
  const auto tried = [&](std::uint32_t retries) {
    Duration total{};
    for (std::uint32_t i = 0; i <= retries; ++i) {
      total += std::min(p.rtt.rto_initial.value * (1 << i), p.rtt.rto_max.value);
    }
    return total;
  };
  EXPECT_GE(tried(p.retransmit.syn_retries), 3min);
  EXPECT_LT(tried(p.retransmit.syn_retries - 1), 3min);
}

}  // namespace
}  // namespace halfopen
