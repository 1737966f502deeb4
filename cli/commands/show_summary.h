// halfopen show --summary: a line for each connection of a capture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "capture/decode/captured.h"
#include "capture/flow/flow.h"
#include "cli/tell/prose.h"

namespace halfopen {

class SummaryPrinter {
 public:
  // With `json` a line of JSON for each connection (docs/json.md), and nothing else.
  // Columns of `width`, 0 for as many as it takes: a line too narrow for all becomes two, with less in them.
  SummaryPrinter(Prose& out, bool json, std::size_t width) : out_{out}, json_{json}, width_{width} {}

  void head(const CaptureInfo& info);
  void line(const Flow& flow);
  // At the end: what was left out for want of room, if anything was.
  void print_left_out();
  [[nodiscard]] std::uint64_t connections() const { return connections_; }  // that were told

 private:
  [[nodiscard]] bool is_narrow() const;
  void narrow_line(const Flow& flow, const std::string& who);

  Prose& out_;
  bool json_;
  std::size_t width_;
  Names names_;
  std::uint64_t connections_ = 0;
};

}  // namespace halfopen
