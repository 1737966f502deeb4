// Prints how the model does in the situations of tests/fidelity: `fidelity DIRECTORY [STACK [SITUATION]]`, a
// table of all stacks, or each situation of one ("k61", "4.4bsd") with the first thing that differs, or one
// situation packet by packet, the trace at the left.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <string_view>

#include "tests/fidelity/stacks.h"

namespace halfopen::fidelity {
namespace {

struct Sum {
  std::size_t situations = 0, packets = 0, matched = 0, windows = 0, gaps = 0, calls = 0, full = 0,
              missing = 0;
  void add(const Outcome& outcome) {
    ++situations;
    missing += outcome.missing.empty() ? 0u : 1u;
    packets += outcome.measure.packets;
    matched += outcome.measure.matched;
    windows += outcome.measure.windows;
    gaps += outcome.measure.gaps;
    if (!outcome.missing.empty()) return;
    calls += outcome.measure.calls ? 1u : 0u;
    full += outcome.measure.in_full() ? 1u : 0u;
  }
};

std::string percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? "-"
                    : fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

void print_row(std::string_view name, std::string_view profile, const Sum& sum) {
  fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} |\n", name, profile, sum.situations,
             percent(sum.matched, sum.packets), percent(sum.windows, sum.packets),
             percent(sum.gaps, sum.packets), sum.calls, sum.full);
}

void print_all(const std::filesystem::path& directory) {
  fmt::print(
      "| stack | row of the model | situations | packets | windows | times | program | in full |\n"
      "|---|---|--:|--:|--:|--:|--:|--:|\n");
  for (const Stack& stack : stacks()) {
    Sum sum;
    for (const Outcome& outcome : play_all(directory, stack)) sum.add(outcome);
    print_row(stack.name, "`" + stack.profile + "`", sum);
  }
}

void print_situation(const Outcome& outcome) {
  const auto line = [](const auto& list, std::size_t i) {
    return i < list.size() ? text_of(list[i]) : std::string{};
  };
  const auto both = [&line](const auto& truth, const auto& model) {
    for (std::size_t i = 0; i < std::max(truth.size(), model.size()); ++i) {
      const std::string left = line(truth, i), right = line(model, i);
      fmt::print("{:>3} {} {:<66}  {}\n", i + 1, left == right ? ' ' : '*', left, right);
    }
  };
  fmt::print("{}\n", outcome.scenario);
  both(outcome.truth.packets, outcome.model.packets);
  both(outcome.truth.calls, outcome.model.calls);
}

void print_one(const std::filesystem::path& directory, const Stack& stack) {
  std::map<std::string, Sum> groups;
  for (const Outcome& outcome : play_all(directory, stack)) {
    groups[outcome.group].add(outcome);
    const Measure& m = outcome.measure;
    const char* verdict = !outcome.missing.empty() ? "-" : m.in_full() ? "full" : "";
    fmt::print("{:<32} {:>4} packets {:>4} matched {:>4} windows {:>4} times  program {:<8} {:<4}  {}\n",
               outcome.situation, m.packets, m.matched, m.windows, m.gaps,
               m.calls          ? "same"
               : m.call_results ? "times"
                                : "differs",
               verdict, outcome.missing.empty() ? m.first : "no word for " + outcome.missing);
  }
  fmt::print("\n");
  for (const auto& [group, sum] : groups) print_row(group, stack.profile, sum);
}

}  // namespace
}  // namespace halfopen::fidelity

int main(int argc, char** argv) {
  using namespace halfopen::fidelity;
  try {
    if (argc == 2) {
      print_all(argv[1]);
      return 0;
    }
    for (const Stack& stack : stacks()) {
      if (argc < 3 || (stack.suffix != argv[2] && stack.profile != argv[2])) continue;
      if (argc == 3) return print_one(argv[1], stack), 0;
      for (const Outcome& outcome : play_all(argv[1], stack))
        if (outcome.situation == argv[3]) print_situation(outcome);
      return 0;
    }
    std::fputs("usage: fidelity DIRECTORY [k510|k61|k612|k618|k72|4.4bsd [SITUATION]]\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fidelity: %s\n", error.what());
  }
  return 2;
}
