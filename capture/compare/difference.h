// What differs between two traces as a list of single facts, each of which can be written down beforehand and
// recognised: of a step, a field is this in A and that in B.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/compare/compare.h"

namespace halfopen::compare {

struct Difference {
  // "14": the packet of A with this number; "run 15": of B, of one that A lacks; "connection 2"; of what a
  // program was told, which call: "client line-client: read()".
  std::string step;
  std::string field;  // is_field_name()
  std::string from;   // in A
  std::string to;     // in B
  // Of "time", whose values are spans such as "1.76s": how far apart they may be and still be the same.
  Duration allowed{};
  std::string packet = {};  // for people, and no part of what it is

  [[nodiscard]] bool is_same_as(const Difference& other) const;
  // "packet 14, psh: set | not set"
  [[nodiscard]] std::string text() const;
  // The same without numbers and times: equal for what is the same accident in two runs.
  [[nodiscard]] std::string text_without_time() const;
  // A machine that is late in every run makes it in every run: an acknowledgement that goes alone, or rides
  // on an answer which came before the timer of delayed ones, and another order.
  [[nodiscard]] bool is_of_any_load() const;
};

// A field of a packet (compare::Field), "time", "packet" (one side lacks it), "order", "connection" (one side
// lacks it), the name of a configuration line ("window scale of the client"), "result" or "state" (what
// programs were told).
[[nodiscard]] bool is_field_name(std::string_view field);
// A span as Difference has it: "0.22s".
[[nodiscard]] std::string time_value(Duration span);

// Listens to a comparison and lists all of it.
class DifferenceList final : public CompareListener {
 public:
  void on_connection(const ConnectionReport& report) override;
  // After the comparison.
  void add_outcomes(const Comparison& comparison);
  // Where packets were left out, the last item says so, with a field that is no field's name.
  [[nodiscard]] const std::vector<Difference>& all() const { return all_; }

 private:
  void add_row(const Row& row);
  std::vector<Difference> all_;
};

}  // namespace halfopen::compare
