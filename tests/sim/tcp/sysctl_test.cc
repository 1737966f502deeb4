// Parameters by the systems' own names.
#include "sim/tcp/sysctl.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sim/tcp/profile_fields.h"

namespace halfopen {
namespace {

using What = SysctlOutcome::What;

OsProfile copy_of(std::string_view name) { return *find_profile(name); }

What set(OsProfile& p, std::string_view name, std::string_view value) {
  return set_sysctl(p, name, value).what;
}

TEST(Sysctl, SetsWhatItNames) {
  OsProfile p = copy_of("linux");
  EXPECT_EQ(set(p, "tcp_retries2", "8"), What::applied);
  EXPECT_EQ(p.retransmit.retries, 8u);
  EXPECT_EQ(p.retransmit.retries.source, "set by the scenario");
  EXPECT_EQ(set(p, "net.ipv4.tcp_keepalive_time", "10"), What::applied);
  EXPECT_EQ(p.keepalive.idle.value, Duration{10s});
  EXPECT_EQ(set(p, "tcp_sack", " 0\n"), What::applied);
  EXPECT_FALSE(p.options.sack);
  EXPECT_EQ(find_profile("linux")->retransmit.retries, 15u);
}

// Documentation/networking/ip-sysctl.rst.
TEST(Sysctl, FastOpenIsBits) {
  OsProfile p = copy_of("linux");
  EXPECT_EQ(set(p, "tcp_fastopen", "0x602"), What::applied);
  EXPECT_TRUE(!p.fast_open.client && p.fast_open.server && p.fast_open.server_without_cookie);
  EXPECT_TRUE(p.fast_open.every_listener && !p.fast_open.client_without_cookie);
  EXPECT_EQ(set(p, "tcp_fastopen", "5"), What::applied);
  EXPECT_TRUE(p.fast_open.client && !p.fast_open.server && p.fast_open.client_without_cookie);
  for (const std::string_view bad : {"", "0x", "-1", "1 2", "yes"})
    EXPECT_EQ(set(p, "tcp_fastopen", bad), What::bad_value) << bad;
}

// FreeBSD: netinet/tcp_subr.c tcp_ctlinput_with_port, netinet/tcp_timer.c tcp_timer_rexmt.
TEST(Sysctl, FreeBsdsSwitchesForAttemptsToConnect) {
  OsProfile p = copy_of("freebsd");
  const OsProfile before = p;
  const auto row = [&p](IcmpKind kind) { return p.icmp.rows.value[static_cast<std::size_t>(kind)]; };
  EXPECT_EQ(set(p, "net.inet.tcp.icmp_may_rst", "0"), What::applied);
  EXPECT_EQ(row(IcmpKind::port_unreachable).embryonic, IcmpEffect::soft);
  EXPECT_EQ(row(IcmpKind::port_unreachable).established, IcmpEffect::soft);
  EXPECT_EQ(row(IcmpKind::time_exceeded).embryonic, IcmpEffect::soft);
  EXPECT_EQ(row(IcmpKind::time_exceeded).established, IcmpEffect::ignore);
  EXPECT_EQ(row(IcmpKind::reassembly_exceeded).embryonic, IcmpEffect::ignore);
  EXPECT_EQ(set(p, "net.inet.tcp.icmp_may_rst", "1"), What::applied);
  for (std::size_t i = 0; i < kIcmpKinds; ++i) {
    EXPECT_EQ(p.icmp.rows.value[i].embryonic, before.icmp.rows.value[i].embryonic) << i;
    EXPECT_EQ(p.icmp.rows.value[i].established, before.icmp.rows.value[i].established) << i;
  }
  EXPECT_EQ(set(p, "net.inet.tcp.rexmit_drop_options", "1"), What::applied);
  EXPECT_EQ(p.retransmit.bare_syn_after, 3);
  EXPECT_EQ(set(p, "kern.ipc.maxsockbuf", "4294967295"), What::applied);
  EXPECT_EQ(p.window.scale_reaches, 4294967295U);
}

TEST(Sysctl, FastOpenKeyIsFourWordsOfLittleEndian) {
  OsProfile p = copy_of("linux");
  EXPECT_EQ(set(p, "tcp_fastopen_key", "03020100-07060504-0b0a0908-0f0e0d0c"), What::applied);
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(p.fast_open.key.bytes[i], i);
  for (const std::string_view bad : {"", "1-2-3", "1-2-3-4-5", "1-2-3-x", "1-2-3-123456789"})
    EXPECT_EQ(set(p, "tcp_fastopen_key", bad), What::bad_value) << bad;
}

TEST(Sysctl, UnitsAreTheSystems) {
  OsProfile linux_row = copy_of("linux");
  EXPECT_EQ(set(linux_row, "tcp_fin_timeout", "30"), What::applied);
  EXPECT_EQ(linux_row.close.fin_wait_2.value, Duration{30s});
  EXPECT_EQ(set(linux_row, "tcp_rto_min_us", "50000"), What::applied);
  EXPECT_EQ(linux_row.rtt.rto_min.value, Duration{50ms});
  EXPECT_EQ(set(linux_row, "tcp_rto_max_ms", "10000"), What::applied);
  EXPECT_EQ(linux_row.rtt.rto_max.value, Duration{10s});
  EXPECT_EQ(linux_row.persist.max.value, Duration{10s});
  OsProfile bsd = copy_of("berkeley");
  EXPECT_EQ(set(bsd, "tcp_keepidle", "20"), What::applied);
  EXPECT_EQ(bsd.keepalive.idle.value, Duration{10s});
  EXPECT_EQ(set(bsd, "TCPTV_MSL", "10"), What::applied);
  EXPECT_EQ(bsd.close.time_wait.value, Duration{10s});
  OsProfile freebsd = copy_of("freebsd");
  EXPECT_EQ(set(freebsd, "net.inet.tcp.keepidle", "10000"), What::applied);
  EXPECT_EQ(freebsd.keepalive.idle.value, Duration{10s});
  EXPECT_EQ(set(freebsd, "net.inet.tcp.msl", "5000"), What::applied);
  EXPECT_EQ(freebsd.close.time_wait.value, Duration{10s});
  OsProfile rfc = copy_of("rfc");
  EXPECT_EQ(set(rfc, "rfc.r2_ms", "30000"), What::applied);
  EXPECT_EQ(rfc.retransmit.r2.value, Duration{30s});
}

TEST(Sysctl, NumbersEndWhereTheKernelsDo) {
  struct Edge {
    std::string_view profile, name, first, before, last, beyond;
  };
  constexpr Edge edges[] = {
      {"linux", "tcp_retries2", "0", "-1", "255", "256"},
      {"linux", "tcp_syn_retries", "1", "0", "127", "128"},
      {"linux", "tcp_syn_linear_timeouts", "0", "-1", "127", "128"},
      {"linux", "tcp_early_retrans", "0", "-1", "4", "5"},
      {"linux", "tcp_rto_max_ms", "1000", "999", "120000", "120001"},
      {"linux", "ip_default_ttl", "1", "0", "255", "256"},
      {"freebsd", "net.inet.tcp.retries", "1", "0", "12", "13"},
      {"freebsd", "net.inet.tcp.sack.enable", "0", "-1", "1", "2"},
      {"4.4bsd", "TCP_MAXRXTSHIFT", "1", "0", "12", "13"},
      {"rfc", "rfc.delayed_ack_ms", "0", "-1", "499", "500"},
  };
  for (const Edge& edge : edges) {
    OsProfile p = copy_of(edge.profile);
    EXPECT_EQ(set(p, edge.name, edge.first), What::applied) << edge.name;
    EXPECT_EQ(set(p, edge.name, edge.before), What::bad_value) << edge.name;
    EXPECT_EQ(set(p, edge.name, edge.last), What::applied) << edge.name;
    EXPECT_EQ(set(p, edge.name, edge.beyond), What::bad_value) << edge.name;
  }
}

TEST(Sysctl, SaysWhatAValueMustBe) {
  OsProfile p = copy_of("linux");
  EXPECT_EQ(set_sysctl(p, "tcp_retries2", "many").expected, "a whole number from 0 to 255");
  for (const std::string_view bad : {"", " ", "1 2", "0x10", "1.5", "99999999999999999999"}) {
    EXPECT_EQ(set(p, "tcp_retries2", bad), What::bad_value) << bad;
  }
  EXPECT_EQ(set_sysctl(p, "tcp_congestion_control", "bbr").expected,
            "reno or cubic (the model has no other)");
  OsProfile freebsd = copy_of("freebsd");
  EXPECT_EQ(set_sysctl(freebsd, "net.inet.tcp.sack.enable", "2").expected, "0 or 1");
  EXPECT_EQ(p.retransmit.retries, 15u);
}

TEST(Sysctl, BuffersAreThreeSizesInOrder) {
  OsProfile p = copy_of("linux");
  EXPECT_EQ(set(p, "tcp_rmem", "4096\t65536  1048576"), What::applied);
  EXPECT_EQ(p.window.rcvbuf, 65536u);
  EXPECT_EQ(p.window.rcvbuf_max, 1048576u);
  EXPECT_EQ(set(p, "tcp_wmem", "4096 4096 4096"), What::applied);
  EXPECT_EQ(p.window.sndbuf_max, 4096u);
  for (const std::string_view bad :
       {"4096 65536", "4096 65536 1048576 1", "4096,65536,1048576", "0 1 2", "4096 2048 8192",
        "4096 8192 4096", "4096 65536 1048576k", "1 2 2147483648"}) {
    EXPECT_EQ(set(p, "tcp_rmem", bad), What::bad_value) << bad;
  }
  EXPECT_EQ(p.window.rcvbuf, 65536u);
}

TEST(Sysctl, PortsAreTwoInOrder) {
  OsProfile p = copy_of("linux");
  EXPECT_EQ(set(p, "ip_local_port_range", "1024 65535"), What::applied);
  EXPECT_EQ(p.socket.port_first, 1024u);
  EXPECT_EQ(p.socket.port_last, 65535u);
  for (const std::string_view bad : {"1023 2000", "2000 2000", "2000 1999", "40000 65536", "40000"}) {
    EXPECT_EQ(set(p, "ip_local_port_range", bad), What::bad_value) << bad;
  }
}

TEST(Sysctl, CongestionControlIsNamedAsTheSystemDoes) {
  OsProfile p = copy_of("linux");
  EXPECT_EQ(set(p, "tcp_congestion_control", "reno"), What::applied);
  EXPECT_EQ(p.congestion.algorithm, CongestionAlgorithm::reno);
  OsProfile freebsd = copy_of("freebsd");
  EXPECT_EQ(set(freebsd, "net.inet.tcp.cc.algorithm", "newreno"), What::applied);
  EXPECT_EQ(freebsd.congestion.algorithm, CongestionAlgorithm::reno);
  EXPECT_EQ(set(freebsd, "net.inet.tcp.cc.algorithm", "reno"), What::bad_value);
}

TEST(Sysctl, SwitchesChooseBetweenKinds) {
  OsProfile p = copy_of("linux");
  EXPECT_EQ(set(p, "tcp_orphan_retries", "0"), What::applied);
  EXPECT_EQ(p.retransmit.orphan_retries, 8u);
  EXPECT_EQ(set(p, "tcp_orphan_retries", "3"), What::applied);
  EXPECT_EQ(p.retransmit.orphan_retries, 3u);
  EXPECT_EQ(set(p, "tcp_early_retrans", "2"), What::applied);
  EXPECT_FALSE(p.retransmit.tail_loss_probe);
  EXPECT_EQ(set(p, "tcp_early_retrans", "3"), What::applied);
  EXPECT_TRUE(p.retransmit.tail_loss_probe);
  EXPECT_EQ(set(p, "tcp_recovery", "0"), What::applied);
  EXPECT_EQ(p.retransmit.recovery, Recovery::sack_pipe);
  EXPECT_EQ(set(p, "tcp_slow_start_after_idle", "0"), What::applied);
  EXPECT_EQ(p.congestion.idle_restart, IdleRestart::none);
  EXPECT_EQ(set(p, "tcp_invalid_ratelimit", "100"), What::applied);
  EXPECT_EQ(p.check.challenge_interval.value, Duration{100ms});
  EXPECT_EQ(p.check.out_of_window_interval.value, Duration{100ms});
  EXPECT_EQ(set(p, "ip_no_pmtu_disc", "1"), What::applied);
  EXPECT_FALSE(p.ip.dont_fragment);
  OsProfile freebsd = copy_of("freebsd");
  EXPECT_EQ(set(freebsd, "net.inet.tcp.insecure_rst", "1"), What::applied);
  EXPECT_EQ(freebsd.check.rst, RstCheck::after_last_ack);
  EXPECT_EQ(set(freebsd, "net.inet.tcp.insecure_syn", "1"), What::applied);
  EXPECT_EQ(freebsd.check.syn, SynCheck::abort);
  EXPECT_EQ(set(freebsd, "net.inet.tcp.delayed_ack", "0"), What::applied);
  EXPECT_EQ(freebsd.ack.delay_min.value, Duration{0});
  EXPECT_EQ(set(freebsd, "net.inet.tcp.delayed_ack", "1"), What::applied);
  EXPECT_EQ(freebsd.ack.delay_min.value, Duration{40ms});
}

// Both BSDs look at FIN_WAIT_2 every keepalive interval until it idled for as long as all probes take.
TEST(Sysctl, KeepaliveCarriesFinWait2WithIt) {
  OsProfile bsd = copy_of("4.4bsd");
  EXPECT_EQ(set(bsd, "tcp_keepintvl", "4"), What::applied);
  EXPECT_EQ(bsd.keepalive.interval.value, Duration{2s});
  EXPECT_EQ(bsd.close.fin_wait_2.value, Duration{16s});
  EXPECT_EQ(bsd.close.fin_wait_2_recheck.value, Duration{2s});
  EXPECT_EQ(bsd.close.fin_wait_2_idle.value, Duration{16s});
  OsProfile freebsd = copy_of("freebsd");
  EXPECT_EQ(set(freebsd, "net.inet.tcp.fast_finwait2_recycle", "1"), What::applied);
  EXPECT_EQ(set(freebsd, "net.inet.tcp.keepintvl", "1000"), What::applied);
  EXPECT_EQ(set(freebsd, "net.inet.tcp.keepcnt", "3"), What::applied);
  EXPECT_EQ(freebsd.close.fin_wait_2.value, Duration{60s});
  EXPECT_EQ(freebsd.close.fin_wait_2_recheck.value, Duration{0});
  EXPECT_EQ(freebsd.close.fin_wait_2_idle.value, Duration{3s});
  EXPECT_EQ(set(freebsd, "net.inet.tcp.fast_finwait2_recycle", "0"), What::applied);
  EXPECT_EQ(freebsd.close.fin_wait_2_recheck.value, Duration{1s});
}

TEST(Sysctl, ANameOfAnotherSystemIsSkipped) {
  OsProfile bsd = copy_of("4.4bsd");
  EXPECT_EQ(set(bsd, "tcp_retries2", "12"), What::other_family);
  EXPECT_EQ(set(bsd, "net.ipv4.tcp_retries2", "12"), What::other_family);
  EXPECT_EQ(set(bsd, "tcp_challenge_ack_limit", "1"), What::other_family);
  EXPECT_EQ(bsd.retransmit.retries, 12u);
  OsProfile p = copy_of("linux");
  EXPECT_EQ(set(p, "net.inet.tcp.keepidle", "12"), What::other_family);
  EXPECT_EQ(set(p, "rfc.r2_ms", "12"), What::other_family);
  OsProfile rfc = copy_of("rfc");
  EXPECT_EQ(set(rfc, "tcp_retries2", "nonsense"), What::other_family);
}

TEST(Sysctl, ANameOfTwoSystemsIsTheProfilesOwn) {
  for (const std::string_view name : {"4.4bsd", "freebsd"}) {
    OsProfile p = copy_of(name);
    EXPECT_EQ(set(p, "net.inet.tcp.rfc1323", "0"), What::applied) << name;
    EXPECT_FALSE(p.options.timestamps) << name;
    EXPECT_FALSE(p.options.window_scaling) << name;
  }
}

TEST(Sysctl, ANameThatTheModelDoesWithoutHasNoEffect) {
  OsProfile p = copy_of("linux");
  for (const std::string_view name :
       {"tcp_fack", "tcp_no_metrics_save", "tcp_challenge_ack_limit", "net.core.rmem_max"}) {
    EXPECT_EQ(set(p, name, "1"), What::no_effect) << name;
  }
}

TEST(Sysctl, AMisspeltNameIsToldTheRightOne) {
  OsProfile p = copy_of("linux");
  EXPECT_EQ(set(p, "tcp_retrys2", "1"), What::unknown);
  EXPECT_EQ(set_sysctl(p, "tcp_retrys2", "1").expected, "tcp_retries2");
  EXPECT_EQ(set_sysctl(p, "net.ipv4.tcp_keepalive_tme", "1").expected, "tcp_keepalive_time");
  OsProfile freebsd = copy_of("freebsd");
  EXPECT_EQ(set_sysctl(freebsd, "net.inet.tcp.keepidl", "1").expected, "net.inet.tcp.keepidle");
  EXPECT_EQ(set_sysctl(freebsd, "tcp_retrys2", "1").expected, "tcp_retries2");
  EXPECT_EQ(set_sysctl(p, "a.name.like.nothing.known.here", "1").expected, "");
  EXPECT_EQ(set(p, "", "1"), What::unknown);
  EXPECT_EQ(set(p, "net.ipv4.net.inet.tcp.keepidle", "1"), What::unknown);
}

TEST(Sysctl, EachFamilysNamesAreItsOwnAndSaySomething) {
  std::set<std::pair<OsFamily, std::string_view>> seen;
  for (const SysctlName& name : sysctl_names()) {
    EXPECT_TRUE(seen.emplace(name.family, name.name).second) << name.name;
    EXPECT_FALSE(name.what.empty()) << name.name;
    EXPECT_FALSE(name.name.starts_with("net.ipv4.")) << name.name;
  }
  for (const OsFamily family : {OsFamily::bsd44, OsFamily::linux_os, OsFamily::freebsd, OsFamily::rfc}) {
    EXPECT_TRUE(std::ranges::any_of(seen, [&](const auto& name) { return name.first == family; }));
  }
}

// Nobody can break a row by a parameter: what a kernel takes at either end leaves it usable.
TEST(Sysctl, DefaultsSetAgainChangeNothing) {
  OsProfile p = copy_of("linux");
  EXPECT_EQ(set(p, "tcp_rmem", "4096 131072 33554432"), What::applied);
  EXPECT_EQ(set(p, "tcp_early_retrans", "3"), What::applied);
  EXPECT_EQ(set(p, "tcp_recovery", "1"), What::applied);
  EXPECT_EQ(set(p, "tcp_rto_max_ms", "120000"), What::applied);
  EXPECT_TRUE(is_sane(p));
  const auto before = describe_profile(*find_profile("linux"));
  const auto after = describe_profile(p);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_EQ(before[i].value, after[i].value) << before[i].name;
}

}  // namespace
}  // namespace halfopen
