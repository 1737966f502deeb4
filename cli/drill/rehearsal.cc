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
    "+0 bind(3, ..., ...) = 0\n"
    "+0 listen(3, 1) = 0\n"
    "+0 < S 0:0(0) win 65535 <mss 1000,sackOK,TS val 1 ecr 0,nop,wscale 7>\n"
    "* > S. 0:0(0) ack 1 <...>\n"
    "+0 < . 1:1(0) ack 1 win 1000 <nop,nop,TS val 2 ecr 0>\n"
    "+0 accept(3, ..., ...) = 4\n"
    "+0 write(4, ..., 5000) = 5000\n"
    "* > P. 1:5001(5000) ack 1 <...>\n"
    "+0 < P. 1:11(10) ack 5001 win 1000 <nop,nop,TS val 3 ecr 0>\n"
    "+0 read(4, ..., 10) = 10\n"
    "+0 close(4) = 0\n"
    "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 5\n"
    "+0 fcntl(5, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
    "+0 connect(5, ..., ...) = -1 EINPROGRESS (Operation now in progress)\n"
    "* > S 0:0(0) <...>\n"
    "+0 < S. 0:0(0) ack 1 win 5792 <mss 1000,nop,nop,sackOK>\n"
    "* > . 1:1(0) ack 1\n"
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
