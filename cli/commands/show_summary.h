// halfopen show --summary: a line for each connection of a capture.
#pragma once

#include <cstdint>

#include "capture/decode/captured.h"
#include "capture/flow/flow.h"
#include "cli/tell/prose.h"

namespace halfopen {

class SummaryPrinter {
 public:
  // With `json` a line of JSON for each connection (docs/json.md), and nothing else.
  SummaryPrinter(Prose& out, bool json) : out_{out}, json_{json} {}

  void head(const CaptureInfo& info);
  void line(const Flow& flow);
  [[nodiscard]] std::uint64_t connections() const { return connections_; }  // that were told

 private:
  Prose& out_;
  bool json_;
  Names names_;
  std::uint64_t connections_ = 0;
};

}  // namespace halfopen
