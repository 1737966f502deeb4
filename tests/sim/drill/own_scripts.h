// The scripts of tests/packetdrill, for tests.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/sim/drill/play.h"

namespace halfopen::drill {

inline const std::string kOwnScripts = HALFOPEN_SOURCE_DIR "/tests/packetdrill";

// By their names without ".pkt".
[[nodiscard]] inline const std::map<std::string, script::Script>& own_scripts() {
  static const auto scripts = [] {
    std::map<std::string, script::Script> found;
    for (const auto& entry : std::filesystem::directory_iterator{kOwnScripts}) {
      if (entry.path().extension() != ".pkt") continue;
      std::ifstream file{entry.path(), std::ios::binary};
      std::stringstream text;
      text << file.rdbuf();
      found.emplace(entry.path().stem().string(), script::parse_script(text.str(), entry.path().string()));
    }
    return found;
  }();
  return scripts;
}

// The system that a script is about: FreeBSD's are named so, all others are Linux's.
[[nodiscard]] inline std::string_view profile_of(const std::string& name) {
  return name.starts_with("freebsd-") ? "freebsd-14" : "linux-6.18";
}

[[nodiscard]] inline PlayResult play_on(const script::Script& script, std::string_view profile) {
  return play_on_model(script, "own.pkt", *find_profile(profile), DrillConfig{}, {});
}

}  // namespace halfopen::drill
