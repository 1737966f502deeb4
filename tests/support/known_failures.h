// tests/packetdrill/known-failures.txt: what a kernel does and the model does otherwise. Each line is one
// that `halfopen packetdrill --expect` reads, with the failure in its comment:
//
//   linux-6.18  ipv4  shutdown-both.pkt  # 16: error handling packet: live packet field ...
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace halfopen::test {

// By the script's name without ".pkt": "LINE: MESSAGE", as the executable says it after the script's path.
[[nodiscard]] inline std::map<std::string, std::string> known_failures(const std::string& file) {
  std::map<std::string, std::string> known;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words{line};
    std::string host;
    std::string version;
    std::string script;
    words >> host >> version >> script;
    const std::size_t comment = line.find("  # ");
    known[script.substr(0, script.rfind(".pkt"))] =
        comment == std::string::npos ? "" : line.substr(comment + 4);
  }
  return known;
}

}  // namespace halfopen::test
