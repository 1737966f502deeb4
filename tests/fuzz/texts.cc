// What people write: scenarios, --set, manifests, packetdrill scripts. Everything is read or refused with an
// InputError in one line.
#include "cli/check/manifest.h"
#include "sim/base/plain_text.h"
#include "sim/scenario/scenario.h"
#include "sim/script/parser.h"
#include "sim/script/text.h"
#include "tests/fuzz/target.h"

namespace halfopen::fuzz {
namespace {

// Reads as `action` does; a refusal must be one line that a terminal may have.
template <class Action>
void read_or_refuse(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    const std::string line = error.what();
    require(line.find('\n') == std::string::npos, "a refusal is one line");
    require(!line.empty(), "a refusal says something");
  }
}

constexpr std::string_view kBase =
    "title = 't'\n[client]\nprogram = 'line-client'\n[server]\nprogram = 'echo-server'\n"
    "[[timeline]]\nat = '1s'\ndo = 'client types'\ntext = 'hello'\n"
    "[[timeline]]\nat = '2s'\ndo = 'server host crashes'\n[[expect]]\nclient.call = 'read'\n"
    "[quick]\nuntil = '5s'\n";

}  // namespace

void fuzz_scenario(Bytes input) {
  for (const bool quick : {false, true}) {
    read_or_refuse([&] {
      const Scenario scenario = parse_scenario(text_of(input), "x.toml", {.overrides = {}, .quick = quick});
      require(plain_line(scenario.title) == scenario.title, "a title is plain");
      for (const Expectation& expect : scenario.expect)
        require(plain_line(expect.text) == expect.text, "an expectation's words are plain");
    });
  }
}

// A line for each --set.
void fuzz_override(Bytes input) {
  ScenarioOptions options;
  std::string_view rest = text_of(input);
  while (!rest.empty() && options.overrides.size() < 20) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    options.overrides.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  read_or_refuse([&] { static_cast<void>(parse_scenario(kBase, "x.toml", options)); });
}

void fuzz_manifest(Bytes input) {
  read_or_refuse([&] {
    const Manifest manifest = parse_manifest(text_of(input), ".");
    const std::string text = text_of(manifest);
    require(text_of(parse_manifest(text, ".")) == text, "a manifest that is written and read is the same");
  });
}

void fuzz_plain_text(Bytes input) {
  const std::string once = plain_text(text_of(input));
  require(plain_prefix(once) == once.size(), "plain text is plain");
  require(plain_text(once) == once, "plain text stays as it is");
  require(plain_line(once).find('\n') == std::string::npos, "a line is one line");
}

// With what is behind #ifdef, and without.
void fuzz_script(Bytes input) {
  for (const bool is_known : {false, true}) {
    read_or_refuse([&] {
      script::ParseSettings settings;
      if (is_known) settings.definitions = {{"FreeBSD", ""}, {"N", "5"}, {"W", "word"}, {"S", "\"a\""}};
      script::Script once = script::parse_script(text_of(input), "x.pkt", settings);
      const std::string text = text_of(once);
      script::Script again = script::parse_script(text, "x.pkt");
      again.dialect = once.dialect;  // which may have been told by what is written in another way
      require(again == once, "a script that is written and read is the same");
      require(text_of(again) == text, "and is written the same");
    });
  }
}

}  // namespace halfopen::fuzz
