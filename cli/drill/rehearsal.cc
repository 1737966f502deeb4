#include "cli/drill/rehearsal.h"

#include <array>
#include <chrono>
#include <exception>
#include <string>
#include <string_view>

#include "cli/run/job_pool.h"
#include "replay/drill/kernel_script_host.h"
#include "sim/script/parser.h"

namespace halfopen {
namespace {

constexpr std::string_view kScript =
    "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
    "+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
    "+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n"
    "* > S 0:0(0) <...>\n"
    "+0 < S. 0:0(0) ack 1 win 5792 <mss 1000,nop,nop,sackOK>\n"
    "* > . 1:1(0) ack 1\n"
    "+0 close(3) = 0\n"
    "* > F. 1:1(0) ack 1\n"
    "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4\n"
    "+0 bind(4, ..., ...) = 0\n"
    "+0 listen(4, 1) = 0\n"
    "+0 < S 0:0(0) win 65535 <mss 1000>\n"
    "* > S. 0:0(0) ack 1 <...>\n"
    "+0 < . 1:1(0) ack 1 win 1000\n"
    "+0 accept(4, ..., ...) = 5\n"
    "+0 write(5, ..., 100) = 100\n"
    "* > P. 1:101(100) ack 1\n"
    "+0 < P. 1:11(10) ack 101 win 1000\n"
    "* > . 101:101(0) ack 11\n"
    "+0 read(5, ..., 10) = 10\n"
    "+0 close(5) = 0\n";

void play(drill::IpVersion version) {
  try {
    drill::DrillConfig config;
    config.ip_version = version;
    drill::ScriptRecord record;
    (void)drill::play_on_kernel(script::parse_script(kScript, "rehearsal"), "rehearsal", config,
                                {.directory = "/", .is_real_time = false}, record);
  } catch (const std::exception&) {  // what is missing the first script will tell
  }
}

}  // namespace

void rehearse_on_kernel() {
  constexpr std::array kVersions{drill::IpVersion::ipv4, drill::IpVersion::ipv6};
  JobPool pool{kVersions.size(), 1, [&kVersions](std::size_t job) {
                 play(kVersions[job]);
                 return std::string{};
               }};
  while (!pool.is_over()) (void)pool.wait(std::chrono::seconds{1});
}

}  // namespace halfopen
