// What a reader of packets should know of what happened between them: what the timeline did, how each program
// learned of it and how it ended, as short lines. "server host crashes at 2 s", "client: read() = -1
// ETIMEDOUT at 545.5 s".
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "capture/note/notice.h"
#include "sim/trace/observe.h"

namespace halfopen {

class Headlines {
 public:
  void on_note(const Note& note);
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  // Those since the last call, in order of time. Of a crowd the first, and how many more there were.
  [[nodiscard]] std::vector<std::string> take();

 private:
  static constexpr std::size_t kMost = 16;
  void add(TimePoint at, std::string line);

  NoticeWatch notices_;
  std::vector<std::string> lines_;
  std::size_t untold_ = 0;
};

}  // namespace halfopen
