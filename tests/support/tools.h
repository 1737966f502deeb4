// Other people's tools as judges: tshark, tcpdump, capinfos, where they are installed.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

namespace halfopen::test {

[[nodiscard]] inline bool has_tool(const std::string& name) {
  return std::system(("command -v " + name + " >/dev/null 2>&1").c_str()) == 0;
}

struct ToolResult {
  int status = -1;
  std::string text;  // standard output and error
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> all;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
};

[[nodiscard]] inline ToolResult run_tool(const std::string& command) {
  ToolResult result;
  std::FILE* pipe = popen(("export LC_ALL=C TZ=UTC; { " + command + "; } 2>&1").c_str(), "r");
  if (pipe == nullptr) return result;
  std::array<char, 4096> buffer{};
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    result.text.append(buffer.data(), got);
  }
  result.status = pclose(pipe);
  return result;
}

}  // namespace halfopen::test
