// `when`: the condition's little language.
//   or = and { "||" and }    and = not { "&&" not }    not = "!" not | "(" or ")" | name [ ("==" | "!=")
//   'text' ]
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/base/input_error.h"
#include "sim/base/units.h"
#include "sim/scenario/expectation.h"
#include "sim/tcp/profile.h"

namespace halfopen {
namespace {

using Fact = Condition::Fact;
using Op = Condition::Op;

struct FactRow {
  std::string_view name;
  Fact fact;
};
constexpr auto kFacts = std::to_array<FactRow>({
    {"client.os", Fact::client_os},
    {"server.os", Fact::server_os},
    {"client.profile", Fact::client_profile},
    {"server.profile", Fact::server_profile},
    {"client.kind", Fact::client_kind},
    {"server.kind", Fact::server_kind},
    {"quick", Fact::quick},
});
constexpr std::array<std::string_view, 7> kSystems{"4.4bsd", "linux",   "freebsd", "windows",
                                                   "macos",  "openbsd", "rfc"};
constexpr std::array<std::string_view, 2> kKinds{"model", "kernel"};

constexpr std::size_t kLongest = 1000;
constexpr int kDeepest = 32;

class Parser {
 public:
  Parser(std::string_view text, const std::string& place) : text_{text}, rest_{text}, place_{place} {}

  Condition run() {
    if (text_.size() > kLongest) fail("a shorter condition");
    any_of(0);
    if (!peek().empty()) fail("\"&&\", \"||\" or the end");
    condition_.text = text_;
    return std::move(condition_);
  }

 private:
  [[noreturn]] void fail(const std::string& expected) {
    const std::string_view token = peek();
    throw InputError{place_,
                     fmt::format("{} in `when` (column {})", expected, text_.size() - rest_.size() + 1),
                     token.empty() ? "its end" : fmt::format("\"{}\"", token.substr(0, 40))};
  }

  // The next token: an operator, a parenthesis, a quoted text with its quotes, or a name.
  std::string_view peek() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    if (rest_.empty()) return {};
    for (const std::string_view op : {"==", "!=", "&&", "||", "(", ")", "!"}) {
      if (rest_.starts_with(op)) return rest_.substr(0, op.size());
    }
    if (rest_[0] == '\'' || rest_[0] == '"') {
      const auto close = rest_.find(rest_[0], 1);
      return close == std::string_view::npos ? rest_ : rest_.substr(0, close + 1);
    }
    return rest_.substr(0,
                        std::max<std::size_t>(1, std::min(rest_.find_first_of(" =!&|()'\""), rest_.size())));
  }
  bool take(std::string_view token) {
    if (peek() != token) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  void any_of(int depth) {
    all_of(depth);
    while (take("||")) {
      all_of(depth);
      condition_.steps.push_back({Op::or_, Fact::quick, {}});
    }
  }
  void all_of(int depth) {
    one(depth);
    while (take("&&")) {
      one(depth);
      condition_.steps.push_back({Op::and_, Fact::quick, {}});
    }
  }
  void one(int depth) {
    if (depth >= kDeepest) fail("at most 32 levels of parentheses");
    if (take("!")) {
      one(depth + 1);
      condition_.steps.push_back({Op::not_, Fact::quick, {}});
    } else if (take("(")) {
      any_of(depth + 1);
      if (!take(")")) fail("\")\"");
    } else {
      comparison();
    }
  }
  void comparison() {
    const std::string_view name = peek();
    const FactRow* row = nullptr;
    for (const FactRow& known : kFacts) {
      if (known.name == name) row = &known;
    }
    if (row == nullptr) fail(fmt::format("a fact ({})", names()));
    take(name);
    if (row->fact == Fact::quick) {
      condition_.steps.push_back({Op::fact, Fact::quick, {}});
      return;
    }
    const bool equal = peek() == "==";
    if (!equal && peek() != "!=") fail("\"==\" or \"!=\"");
    take(peek());
    condition_.steps.push_back({equal ? Op::equal : Op::differ, row->fact, value_for(row->fact)});
  }

  std::string value_for(Fact fact) {
    const std::string_view token = peek();
    const bool quoted =
        token.size() >= 2 && (token[0] == '\'' || token[0] == '"') && token.back() == token[0];
    if (!quoted) fail("a quoted text");
    std::string value{token.substr(1, token.size() - 2)};
    const bool system = fact == Fact::client_os || fact == Fact::server_os;
    const bool kind = fact == Fact::client_kind || fact == Fact::server_kind;
    if (system && std::find(kSystems.begin(), kSystems.end(), value) == kSystems.end()) {
      fail("'4.4bsd', 'linux', 'freebsd', 'windows', 'macos', 'openbsd' or 'rfc'");
    }
    if (kind && std::find(kKinds.begin(), kKinds.end(), value) == kKinds.end()) fail("'model' or 'kernel'");
    if (!system && !kind) {
      const OsProfile* profile = find_profile(value);
      // A kernel's release is no profile of ours: linux-6.12.9.
      if (profile == nullptr && !value.starts_with("linux-")) fail("a profile's name");
      if (profile != nullptr) value = profile->name;
    }
    take(token);
    return value;
  }

  static std::string names() {
    std::string text;
    for (const FactRow& row : kFacts) text += fmt::format("{}{}", text.empty() ? "" : ", ", row.name);
    return text;
  }

  std::string_view text_;
  std::string_view rest_;
  const std::string& place_;
  Condition condition_;
};

const std::string& text_of(Fact fact, const RunFacts& facts) {
  switch (fact) {
    case Fact::client_os: return facts.client_os;
    case Fact::server_os: return facts.server_os;
    case Fact::client_profile: return facts.client_profile;
    case Fact::server_profile: return facts.server_profile;
    case Fact::client_kind: return facts.client_kind;
    case Fact::server_kind:
    case Fact::quick: break;
  }
  return facts.server_kind;
}

}  // namespace

Condition condition_from(std::string_view text, const std::string& place) {
  return Parser{text, place}.run();
}

bool holds(const Condition& condition, const RunFacts& facts) {
  std::vector<bool> stack;
  const auto pop = [&stack] {
    const bool top = stack.back();
    stack.pop_back();
    return top;
  };
  for (const Condition::Step& step : condition.steps) {
    switch (step.op) {
      case Op::fact: stack.push_back(facts.quick); break;
      case Op::equal: stack.push_back(text_of(step.fact, facts) == step.value); break;
      case Op::differ: stack.push_back(text_of(step.fact, facts) != step.value); break;
      case Op::not_: stack.push_back(!pop()); break;
      case Op::and_: {
        const bool right = pop();
        stack.push_back(pop() && right);
        break;
      }
      case Op::or_: {
        const bool right = pop();
        stack.push_back(pop() || right);
        break;
      }
    }
  }
  return stack.empty() || stack.back();
}

}  // namespace halfopen
