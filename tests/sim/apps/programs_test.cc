// The programs, end to end: what they call, what they say, how they end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/apps/registry.h"
#include "tests/sim/os/pump.h"

namespace halfopen::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

ProgramConfig program(std::string name) {
  ProgramConfig config;
  config.name = std::move(name);
  return config;
}

PumpConfig pair_of(ProgramConfig client, ProgramConfig server, std::string profile = "linux") {
  PumpConfig config;
  config.client_profile = config.server_profile = std::move(profile);
  config.client_program = std::move(client);
  config.server_program = std::move(server);
  return config;
}

TEST(Registry, KnowsEveryProgramByName) {
  ProgramConfig config;
  for (const std::string_view name : program_names()) {
    config.name = name;
    EXPECT_TRUE(make_program(config)) << name;
  }
}

TEST(Registry, HasNoProgramOfAnotherName) {
  ProgramConfig config;
  EXPECT_FALSE(make_program(config));
  config.name = "telnet";
  EXPECT_FALSE(make_program(config));
}

TEST(LineClient, PrintsTheEchoAndEndsWithTheInput) {
  Pump pump{pair_of(program("line-client"), program("echo-server"))};
  pump.run_for(1s);
  pump.client.type(pump.now, "hello");
  pump.run_for(1s);
  EXPECT_EQ(pump.recorder.output(HostId::client), "hello\n");
  pump.client.close_input(pump.now);
  pump.run_for(1s);
  EXPECT_THAT(
      pump.recorder.calls(HostId::client),
      ElementsAre("line-client[100] socket(AF_INET, SOCK_STREAM, 0) = 3",
                  "line-client[100] connect(3, 10.9.0.2:9998) = 0",
                  "line-client[100] write(3, \"hello\\n\", 6) = 6",
                  "line-client[100] read(3, \"hello\\n\", 4096) = 6", "line-client[100] close(3) = 0"));
  EXPECT_THAT(pump.recorder.processes(HostId::client), ElementsAre("100 started", "100 exited 0"));
  EXPECT_TRUE(pump.client.all_exited());
  EXPECT_FALSE(pump.server.all_exited());
}

TEST(LineClient, TellsHowLongItWaitedForTheAnswer) {
  Pump pump{pair_of(program("line-client"), program("echo-server"))};
  pump.run_for(1s);
  pump.client.type(pump.now, "hello");
  pump.run_for(1s);
  const CallNote read = pump.recorder.last_call(HostId::client, "read");
  EXPECT_EQ(read.began, kTimeZero + 1s);
  EXPECT_EQ(read.at, kTimeZero + 1020ms);
}

TEST(LineClient, WritesALongLineInOneCall) {
  Pump pump{pair_of(program("line-client"), program("echo-server"))};
  pump.run_for(1s);
  pump.client.type(pump.now, std::string(10'000, 'a'));
  pump.run_for(1s);
  EXPECT_EQ(pump.recorder.last_call(HostId::client, "write").result, 10'001);
  EXPECT_EQ(pump.recorder.output(HostId::client), std::string(10'000, 'a') + "\n");
}

TEST(LineClient, IsToldThatTheConnectionIsRefused) {
  Pump pump{pair_of(program("line-client"), {})};
  pump.run_for(1s);
  EXPECT_EQ(pump.recorder.output(HostId::client), "line-client: connect error: Connection refused\n");
  EXPECT_THAT(pump.recorder.processes(HostId::client), ElementsAre("100 started", "100 exited 1"));
}

TEST(LineClient, BlindToTheSocketLearnsOfTheEndAfterTheNextLine) {
  Pump pump{pair_of(program("line-client"), program("echo-server"))};
  pump.run_for(1s);
  pump.server.kill(pump.now, Victim::child, sig::term);
  pump.run_for(1s);
  EXPECT_FALSE(pump.client.all_exited());
  pump.client.type(pump.now, "anybody there?");
  pump.run_for(1s);
  EXPECT_EQ(pump.recorder.output(HostId::client), "line-client: server terminated prematurely\n");
  EXPECT_TRUE(pump.client.all_exited());
}

TEST(LineClient, WatchingLearnsOfTheEndAtOnce) {
  ProgramConfig client = program("line-client");
  client.watch = true;
  Pump pump{pair_of(client, program("echo-server"))};
  pump.run_for(1s);
  pump.server.kill(pump.now, Victim::child, sig::term);
  pump.run_for(20ms);
  EXPECT_EQ(pump.recorder.output(HostId::client), "line-client: server terminated prematurely\n");
  EXPECT_THAT(pump.recorder.calls(HostId::client, "select"),
              ElementsAre("line-client[100] select(4, [0 3], NULL, NULL, NULL) = 1 (in [3])"));
}

TEST(LineClient, WatchingGetsItsEchoes) {
  ProgramConfig client = program("line-client");
  client.watch = true;
  Pump pump{pair_of(client, program("echo-server"))};
  pump.run_for(1s);
  pump.client.type(pump.now, "one");
  pump.client.type(pump.now, "two");
  pump.run_for(1s);
  EXPECT_EQ(pump.recorder.output(HostId::client), "one\ntwo\n");
  pump.client.close_input(pump.now);
  pump.run_for(1s);
  EXPECT_TRUE(pump.client.all_exited());
}

TEST(LineClient, DiesOfSigpipeWhenItKeepsGoing) {
  ProgramConfig client = program("line-client");
  client.keep_going = true;
  Pump pump{pair_of(client, program("echo-server"))};
  pump.run_for(1s);
  pump.server.kill(pump.now, Victim::child, sig::term);
  for (const char* line : {"two", "three"}) {
    pump.run_for(1s);
    pump.client.type(pump.now, line);
  }
  pump.run_for(1s);
  EXPECT_THAT(pump.recorder.calls(HostId::client, "write"),
              ElementsAre("line-client[100] write(3, \"two\\n\", 4) = 4",
                          "line-client[100] write(3, \"three\\n\", 6) = -1 EPIPE"));
  EXPECT_THAT(pump.recorder.processes(HostId::client), ElementsAre("100 started", "100 killed 13"));
}

TEST(LineClient, IgnoringSigpipeReportsTheBrokenPipe) {
  ProgramConfig client = program("line-client");
  client.keep_going = true;
  client.ignore_sigpipe = true;
  Pump pump{pair_of(client, program("echo-server"))};
  pump.run_for(1s);
  pump.server.kill(pump.now, Victim::child, sig::term);
  for (const char* line : {"two", "three"}) {
    pump.run_for(1s);
    pump.client.type(pump.now, line);
  }
  pump.run_for(1s);
  EXPECT_THAT(pump.recorder.output(HostId::client), HasSubstr("line-client: write error: Broken pipe\n"));
  EXPECT_THAT(pump.recorder.processes(HostId::client), ElementsAre("100 started", "100 exited 1"));
}

TEST(LineClient, WaitsBetweenWriteAndReadSoThatAResetComesFirst) {
  for (const auto& [profile, expected] : {std::pair{"linux", "read(3, \"\", 4096) = 0"},
                                          std::pair{"4.4bsd", "read(3, 4096) = -1 ECONNRESET"}}) {
    ProgramConfig client = program("line-client");
    client.read_delay = 1s;
    Pump pump{pair_of(client, program("echo-server"), profile)};
    pump.run_for(1s);
    pump.server.kill(pump.now, Victim::child, sig::term);
    pump.run_for(1s);
    pump.client.type(pump.now, "two");
    pump.run_for(3s);
    EXPECT_THAT(pump.recorder.calls(HostId::client, "read"),
                ElementsAre("line-client[100] " + std::string{expected}))
        << profile;
  }
}

TEST(LineClient, ReportsThatItsReadTimedOut) {
  ProgramConfig client = program("line-client");
  client.read_timeout = 5s;
  Pump pump{pair_of(client, program("stalled-server"))};
  pump.run_for(1s);
  pump.client.type(pump.now, "hello");
  pump.run_for(10s);
  EXPECT_EQ(pump.recorder.output(HostId::client),
            "line-client: read error: Resource temporarily unavailable\n");
  EXPECT_TRUE(pump.client.all_exited());
}

TEST(LineClient, NeverReadingOnlyWrites) {
  ProgramConfig client = program("line-client");
  client.never_reads = true;
  Pump pump{pair_of(client, program("echo-server"))};
  pump.run_for(1s);
  pump.client.type(pump.now, "one");
  pump.run_for(1s);
  pump.client.type(pump.now, "two");
  pump.run_for(1s);
  EXPECT_TRUE(pump.recorder.calls(HostId::client, "read").empty());
  EXPECT_EQ(pump.recorder.calls(HostId::client, "write").size(), 2u);
}

TEST(LineClient, ReportsAnOptionThatTheOsLacksAndGoesOn) {
  ProgramConfig client = program("line-client");
  client.sockopts = {{"SO_KEEPALIVE", 1}, {"TCP_USER_TIMEOUT", 5000}};
  Pump pump{pair_of(client, program("echo-server"), "4.4bsd")};
  pump.run_for(1s);
  EXPECT_THAT(pump.recorder.calls(HostId::client, "setsockopt"),
              ElementsAre("line-client[100] setsockopt(3, SO_KEEPALIVE, 1) = 0",
                          "line-client[100] setsockopt(3, TCP_USER_TIMEOUT, 5000) = -1 ENOPROTOOPT"));
  EXPECT_THAT(pump.recorder.output(HostId::client), HasSubstr("setsockopt TCP_USER_TIMEOUT error"));
  EXPECT_THAT(pump.recorder.calls(HostId::client, "connect"), Contains(HasSubstr("= 0")));
}

TEST(LineClient, BindsItsPortFirst) {
  ProgramConfig client = program("line-client");
  client.local_port = 4000;
  Pump pump{pair_of(client, program("echo-server"))};
  pump.run_for(1s);
  EXPECT_THAT(pump.recorder.calls(HostId::client, "bind"),
              ElementsAre("line-client[100] bind(3, 0.0.0.0:4000) = 0"));
  EXPECT_EQ(pump.sent.front().packet.segment()->source_port, 4000);
}

TEST(EchoServer, ForksAChildForEachConnectionAndReapsIt) {
  Pump pump{pair_of(program("line-client"), program("echo-server"))};
  pump.run_for(1s);
  pump.client.close_input(pump.now);
  pump.run_for(1s);
  EXPECT_THAT(pump.recorder.processes(HostId::server),
              ElementsAre("100 started", "101 forked", "101 exited 0", "100 signalled 17", "101 reaped"));
  EXPECT_THAT(
      pump.recorder.calls(HostId::server),
      ElementsAre("echo-server[100] socket(AF_INET, SOCK_STREAM, 0) = 3",
                  "echo-server[100] setsockopt(3, SO_REUSEADDR, 1) = 0",
                  "echo-server[100] bind(3, 10.9.0.2:9998) = 0", "echo-server[100] listen(3, 128) = 0",
                  "echo-server[100] accept(3) = 4", "echo-server[100] fork() = 101",
                  "echo-server[100] close(4) = 0", "echo-server[101] close(3) = 0",
                  "echo-server[101] read(4, \"\", 4096) = 0", "echo-server[100] accept(3) = -1 EINTR",
                  "echo-server[100] waitpid(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], WNOHANG) = 101",
                  "echo-server[100] waitpid(-1, NULL, WNOHANG) = -1 ECHILD"));
}

TEST(EchoServer, StillServesAfterAChildWasKilled) {
  Pump pump{pair_of(program("line-client"), program("echo-server"))};
  pump.run_for(1s);
  pump.server.kill(pump.now, Victim::child, sig::kill);
  pump.run_for(1s);
  EXPECT_THAT(pump.recorder.processes(HostId::server), Contains("101 reaped"));
  Process& process = pump.driver(pump.client);
  const int fd = static_cast<int>(pump.call(pump.client, process, calls::socket()).value);
  EXPECT_EQ(
      pump.call(pump.client, process, calls::connect(fd, {pump.server.config().address, Pump::kPort})).value,
      0);
  pump.write(pump.client, process, fd, "again\n");
  EXPECT_EQ(pump.read(pump.client, process, fd), "again\n");
}

TEST(EchoServer, DiesOfSigtermByDefaultWithFins) {
  Pump pump{pair_of(program("line-client"), program("echo-server"))};
  pump.run_for(1s);
  pump.flags_since_last();
  pump.server.kill(pump.now, Victim::all, sig::term);
  pump.run_for(1s);
  EXPECT_TRUE(pump.server.all_exited());
  EXPECT_EQ(pump.flags_since_last(), "<F. >.");
}

TEST(EchoServer, IgnoresSigtermWhenToldSo) {
  ProgramConfig server = program("echo-server");
  server.on_sigterm = OnSigterm::ignores;
  Pump pump{pair_of(program("line-client"), server)};
  pump.run_for(1s);
  pump.server.kill(pump.now, Victim::all, sig::term);
  pump.client.type(pump.now, "still?");
  pump.run_for(1s);
  EXPECT_EQ(pump.recorder.output(HostId::client), "still?\n");
}

TEST(EchoServer, ClosesOnSigtermWhenToldSo) {
  ProgramConfig server = program("echo-server");
  server.on_sigterm = OnSigterm::closes;
  Pump pump{pair_of(program("line-client"), server)};
  pump.run_for(1s);
  pump.server.kill(pump.now, Victim::all, sig::term);
  pump.run_for(1s);
  EXPECT_TRUE(pump.server.all_exited());
  EXPECT_THAT(pump.recorder.processes(HostId::server),
              ElementsAre("100 started", "101 forked", "100 signalled 15", "101 signalled 15", "100 exited 0",
                          "101 exited 0"));
}

TEST(Sink, SwallowsWhatABulkClientWrites) {
  ProgramConfig client = program("bulk-client");
  client.bytes = 1'000'000;
  Pump pump{pair_of(client, program("sink"))};
  pump.run_for(60s);
  EXPECT_THAT(pump.recorder.processes(HostId::client), Contains("100 exited 0"));
  EXPECT_THAT(pump.recorder.processes(HostId::server), Contains("101 exited 0"));
  std::int64_t swallowed = 0;
  for (const Note& note : pump.recorder.notes) {
    const auto* call = std::get_if<CallNote>(&note);
    if (call != nullptr && call->host == HostId::server && call->call == "read") swallowed += call->result;
  }
  EXPECT_EQ(swallowed, 1'000'000);
}

TEST(StalledServer, LeavesABulkClientStuckInWrite) {
  ProgramConfig client = program("bulk-client");
  client.bytes = 10'000'000;
  Pump pump{pair_of(client, program("stalled-server"))};
  pump.run_for(60s);
  EXPECT_FALSE(pump.client.all_exited());
  const std::size_t calls = pump.recorder.calls(HostId::client, "write").size();
  pump.run_for(60s);
  EXPECT_EQ(pump.recorder.calls(HostId::client, "write").size(), calls);
}

TEST(ReplyServer, AnswersAtOnce) {
  ProgramConfig server = program("reply-server");
  server.reply = "220 ready\n";
  server.reply_when = ReplyWhen::at_once;
  ProgramConfig client = program("line-client");
  client.watch = true;
  Pump pump{pair_of(client, server)};
  pump.run_for(1s);
  EXPECT_EQ(pump.recorder.output(HostId::client), "220 ready\n");
}

TEST(ReplyServer, AnswersEveryLine) {
  ProgramConfig server = program("reply-server");
  server.reply = "ok\n";
  Pump pump{pair_of(program("line-client"), server)};
  pump.run_for(1s);
  pump.client.type(pump.now, "a");
  pump.client.type(pump.now, "b");
  pump.run_for(1s);
  EXPECT_EQ(pump.recorder.output(HostId::client), "ok\nok\n");
}

TEST(ReplyServer, AnswersARequestAfterItsEmptyLine) {
  ProgramConfig server = program("reply-server");
  server.reply = "HTTP/1.0 200 OK\r\n\r\n";
  server.reply_when = ReplyWhen::per_request;
  ProgramConfig client = program("line-client");
  client.watch = true;
  Pump pump{pair_of(client, server)};
  pump.run_for(1s);
  pump.client.type(pump.now, "GET / HTTP/1.0\r\n");
  pump.client.type(pump.now, "Host: x\r\n");
  pump.run_for(1s);
  EXPECT_EQ(pump.recorder.output(HostId::client), "");
  pump.client.type(pump.now, "\r\n");
  pump.run_for(1s);
  EXPECT_EQ(pump.recorder.output(HostId::client), "HTTP/1.0 200 OK\r\n\r\n");
}

}  // namespace
}  // namespace halfopen::test
