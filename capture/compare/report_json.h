// The report of a comparison for programs: "format": "halfopen-compare/1" (docs/compare.md).
#pragma once

#include <memory>
#include <string>

#include "capture/compare/compare.h"

namespace halfopen {

class CompareJson final : public CompareListener {
 public:
  // `source_a` and `source_b`: what was compared, as it was named.
  CompareJson(const std::string& source_a, const std::string& source_b);
  ~CompareJson() override;

  // Keeps what differs; of connections that are the same only their number.
  void on_connection(const compare::ConnectionReport& report) override;
  // The whole document, with a newline at its end.
  [[nodiscard]] std::string document(const Comparison& comparison) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace halfopen
