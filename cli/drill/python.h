// The %{ }% blocks of scripts, judged by python3 as packetdrill has it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "cli/tell/case_report.h"
#include "replay/base/unique_fd.h"
#include "sim/drill/player.h"

namespace halfopen {

struct CodeVerdict {
  CaseOutcome outcome = CaseOutcome::passed;
  std::uint32_t line = 0;  // of the block that did not hold, or asks for what is missing
  std::string message;     // Python's word for it, or what is missing
};

// One python3 for many scripts, since starting it takes longer than they do. It is started when the first
// block comes, and anew should a block end it. Of one thread.
class Python {
 public:
  Python() = default;
  ~Python();
  Python(const Python&) = delete;
  Python& operator=(const Python&) = delete;

  // Runs the blocks of one script, in order, until one does not hold; what they define is theirs and gone
  // afterwards. Without python3: skipped. Throws Trouble where the system has no pipe or process for it.
  [[nodiscard]] CodeVerdict judge(const std::vector<drill::CodeRun>& blocks);

 private:
  bool start();
  void stop();

  pid_t pid_ = -1;
  UniqueFd socket_;  // its standard input and answers
};

}  // namespace halfopen
