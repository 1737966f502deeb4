// --expect: a file of cases that are known to fail, each on a line:
//
//   # the model sends no second probe
//   linux-6.18  ipv4  net/tcp/probe/two-probes.pkt   # says more
//
// A profile's name, or `kernel`; an IP version; a script by its path or the end of it from a slash on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/drill/drill_run.h"

namespace halfopen {

class KnownFailures {
 public:
  // `name` is the file's, for errors. Throws InputError: "NAME:2:1: expected ..., found ...".
  KnownFailures(std::string_view text, const std::string& name);
  // Throws Trouble if the file cannot be read.
  [[nodiscard]] static KnownFailures from_file(const std::string& path);

  // A case that is listed and failed becomes `known`; one that is listed and passed has failed.
  void judge(const DrillCase& one, DrillResult& result) const;

 private:
  struct Entry {
    std::uint32_t line = 0;
    std::string host;
    std::string ip_version;
    std::string script;
  };
  [[nodiscard]] const Entry* find(const DrillCase& one) const;

  std::string name_;
  std::vector<Entry> entries_;
};

}  // namespace halfopen
