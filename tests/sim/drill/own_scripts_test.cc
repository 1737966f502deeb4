// The scripts of tests/packetdrill. That they are true was found with packetdrill itself on a kernel 6.18;
// here they hold the models, and each expectation in them must be able to fail.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "sim/wire/segment.h"
#include "tests/sim/drill/play.h"

namespace halfopen::drill {
namespace {

using script::Event;
using script::EventTime;
using script::PacketSpec;
using script::Script;
using script::TcpSpec;

std::map<std::string, Script> own_scripts() {
  std::map<std::string, Script> scripts;
  for (const auto& entry : std::filesystem::directory_iterator{HALFOPEN_SOURCE_DIR "/tests/packetdrill"}) {
    if (entry.path().extension() != ".pkt") continue;
    std::ifstream file{entry.path(), std::ios::binary};
    std::stringstream text;
    text << file.rdbuf();
    scripts.emplace(entry.path().stem().string(), script::parse_script(text.str(), entry.path().string()));
  }
  return scripts;
}

PlayResult play_on(const Script& script, std::string_view profile) {
  return play_on_model(script, "own.pkt", *find_profile(profile), DrillConfig{}, {});
}

TEST(OwnScripts, AreEnough) { EXPECT_GE(own_scripts().size(), 20U); }

TEST(OwnScripts, HoldOnLinux) {
  for (const auto& [name, script] : own_scripts()) {
    for (const std::string_view profile : {"linux-6.18", "linux-6.1"}) {
      const PlayResult result = play_on(script, profile);
      EXPECT_EQ(result.verdict, Verdict::passed)
          << name << ":" << result.place.line << " on " << profile << ": " << result.message << "\n"
          << result.expected << "\n"
          << result.actual;
    }
  }
}

// What is Linux's own in them; everything else holds on the others, too.
TEST(OwnScripts, HoldElsewhereButForWhatIsLinuxsOwn) {
  std::map<std::string_view, std::set<std::string>> differs{
      // Of Linux alone: the parameter, the reset at close() with unread data, segments that leave together
      // although the last is small, window probes of an old number, the reset after the last keepalive probe.
      {"freebsd-14",
       {"connect-timeout-syn-backoff", "unread-data-resets", "write-in-segments", "zero-window-probe"}},
      {"rfc", {"connect-timeout-syn-backoff", "keepalive-probe", "write-in-segments", "zero-window-probe"}}};
  for (auto& [profile, names] : differs) {
    for (const auto& [name, script] : own_scripts()) {
      if (name.starts_with("fast-open-")) names.insert(name);  // they set Linux's parameters
      const PlayResult result = play_on(script, profile);
      EXPECT_EQ(result.verdict == Verdict::passed, !names.contains(name))
          << name << ":" << result.place.line << " on " << profile << ": " << result.message;
    }
  }
}

// --- Each expectation with one thing changed

struct Mutation {
  std::string what;
  Script script;
};

template <class Change>
void add(std::vector<Mutation>& mutations, const Script& script, std::size_t index, const std::string& what,
         Change change) {
  Mutation mutation{.what = what + " of line " + std::to_string(script.events[index].place.line),
                    .script = script};
  change(mutation.script.events[index]);
  mutations.push_back(std::move(mutation));
}

TcpSpec& tcp_of(Event& event) { return std::get<TcpSpec>(std::get<PacketSpec>(event.action).body); }

void mutate_packet(std::vector<Mutation>& all, const Script& script, std::size_t index, const TcpSpec& tcp) {
  const bool is_syn = (tcp.flags.bits & tcp_flag::syn) != 0;
  add(all, script, index, "FIN", [](Event& e) { tcp_of(e).flags.bits ^= tcp_flag::fin; });
  add(all, script, index, "PSH", [](Event& e) { tcp_of(e).flags.bits ^= tcp_flag::psh; });
  add(all, script, index, "URG", [](Event& e) { tcp_of(e).flags.bits ^= tcp_flag::urg; });
  add(all, script, index, "ack", [](Event& e) { tcp_of(e).ack = tcp_of(e).ack.value_or(0) + 1; });
  // The number of a SYN is what the script says that it is.
  if (!is_syn) add(all, script, index, "seq", [](Event& e) { ++*tcp_of(e).seq.start; });
  add(all, script, index, "length", [](Event& e) { ++tcp_of(e).seq.length; });
  if (tcp.window) add(all, script, index, "win", [](Event& e) { ++*tcp_of(e).window; });
  if (std::holds_alternative<std::vector<script::TcpOptionSpec>>(tcp.options))
    add(all, script, index, "options", [](Event& e) {
      auto& options = std::get<std::vector<script::TcpOptionSpec>>(tcp_of(e).options);
      options.insert(options.end(), 4, script::Nop{});
    });
}

std::vector<Mutation> mutations_of(const Script& script) {
  std::vector<Mutation> all;
  for (std::size_t i = 0; i < script.events.size(); ++i) {
    const Event& event = script.events[i];
    const auto* packet = std::get_if<PacketSpec>(&event.action);
    if (packet == nullptr || packet->direction != script::Direction::outbound) continue;
    if (const auto* tcp = std::get_if<TcpSpec>(&packet->body)) mutate_packet(all, script, i, *tcp);
    if (event.time.kind != EventTime::Kind::relative) continue;
    // Ten milliseconds, or more than the tolerance where that is an eighth of a long wait.
    const Duration by = std::max<Duration>(std::chrono::milliseconds{10}, event.time.from / 4);
    add(all, script, i, "time", [by](Event& e) { e.time.from += by; });
  }
  return all;
}

TEST(OwnScripts, FailWithAnythingChanged) {
  std::size_t count = 0;
  for (const auto& [name, script] : own_scripts()) {
    for (const Mutation& mutation : mutations_of(script)) {
      ++count;
      EXPECT_EQ(play_on(mutation.script, "linux-6.18").verdict, Verdict::failed)
          << name << ": " << mutation.what;
    }
  }
  EXPECT_GT(count, 300U);
}

}  // namespace
}  // namespace halfopen::drill
