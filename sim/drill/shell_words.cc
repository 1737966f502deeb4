// As much of sh as scripts of these suites use for parameters.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "sim/drill/model_commands.h"

namespace halfopen::drill {
namespace {

// Recursive descent over + - * / and parentheses; `at` stands at the next character.
class Arithmetic {
 public:
  explicit Arithmetic(std::string_view text) : text_{text} {}
  std::optional<std::int64_t> value() {
    const std::optional<std::int64_t> sum = this->sum();
    skip();
    return at_ == text_.size() ? sum : std::nullopt;
  }

 private:
  static constexpr std::int64_t kMost = std::int64_t{1} << 62;

  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  char next() {
    skip();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  std::optional<std::int64_t> sum() {
    std::optional<std::int64_t> left = product();
    while (left && (next() == '+' || next() == '-')) {
      const bool is_plus = text_[at_++] == '+';
      const std::optional<std::int64_t> right = product();
      std::int64_t result = 0;
      if (!right || (is_plus ? __builtin_add_overflow(*left, *right, &result)
                             : __builtin_sub_overflow(*left, *right, &result)))
        return std::nullopt;
      left = result;
    }
    return left;
  }
  std::optional<std::int64_t> product() {
    std::optional<std::int64_t> left = atom();
    while (left && (next() == '*' || next() == '/')) {
      const bool is_times = text_[at_++] == '*';
      const std::optional<std::int64_t> right = atom();
      std::int64_t result = 0;
      if (!right || (!is_times && *right == 0)) return std::nullopt;
      if (is_times && __builtin_mul_overflow(*left, *right, &result)) return std::nullopt;
      left = is_times ? result : *left / *right;
    }
    return left;
  }
  std::optional<std::int64_t> atom() {
    constexpr int kDeepest = 32;
    if (next() == '(') {
      if (++depth_ > kDeepest) return std::nullopt;
      ++at_;
      const std::optional<std::int64_t> inside = sum();
      if (next() != ')') return std::nullopt;
      ++at_;
      --depth_;
      return inside;
    }
    skip();
    std::int64_t number = 0;
    const char* const end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data() + at_, end, number);
    if (error != std::errc{} || number < 0 || number > kMost) return std::nullopt;
    at_ = static_cast<std::size_t>(stop - text_.data());
    return number;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

class Shell {
 public:
  explicit Shell(std::string_view text) : text_{text} {}

  std::optional<std::vector<ShellCommand>> commands() {
    while (at_ < text_.size()) {
      if (!step()) return std::nullopt;
    }
    end_command(Runs::always);
    return std::move(commands_);
  }

 private:
  using Runs = ShellCommand::Runs;

  bool step() {
    const char c = text_[at_];
    if (text_.substr(at_).starts_with("\\\n")) {  // the line goes on
      at_ += 2;
      return true;
    }
    switch (c) {
      case ' ':
      case '\t':
        end_word();
        ++at_;
        return true;
      case ';':
      case '\n':
        end_command(Runs::always);
        ++at_;
        return true;
      case '#':
        if (has_word_) break;
        at_ = std::min(text_.find('\n', at_), text_.size());
        return true;
      case '>': return redirection();
      case '&': return ampersand();
      case '|': return bar();
      case '\'':
      case '"': return quoted(c);
      case '`':
      case '<': return false;
      case '$': return expansion();
      default: break;
    }
    word_ += c;
    has_word_ = true;
    ++at_;
    return true;
  }

  // &&, or &> of bash.
  bool ampersand() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("&>")) {
      end_word();
      ++at_;
      return redirection();
    }
    if (!rest.starts_with("&&")) return false;
    end_command(Runs::after_success);
    at_ += 2;
    return true;
  }

  bool bar() {
    if (text_.substr(at_).starts_with("||")) {
      end_command(Runs::after_failure);
      at_ += 2;
      return true;
    }
    end_word();
    words_.emplace_back("|");
    ++at_;
    return true;
  }

  bool quoted(char quote) {
    has_word_ = true;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == quote) {
        ++at_;
        return true;
      }
      if (quote == '"' && c == '$') {
        if (!expansion()) return false;
        --at_;
      } else {
        word_ += c;
      }
    }
    return false;
  }

  // $((...)); ${PPID} is left as it is.
  bool expansion() {
    const std::string_view rest = text_.substr(at_);
    has_word_ = true;
    constexpr std::string_view kParent = "${PPID}";
    if (rest.starts_with(kParent)) {
      word_ += kParent;
      at_ += kParent.size();
      return true;
    }
    const std::size_t end = rest.find("))");
    if (!rest.starts_with("$((") || end == std::string_view::npos) return false;
    const std::optional<std::int64_t> value = shell_arithmetic(rest.substr(3, end - 3));
    if (!value) return false;
    word_ += std::to_string(*value);
    at_ += end + 2;
    return true;
  }

  // > /dev/null, 2>/dev/null, 2>&1; > FILE.
  bool redirection() {
    const bool is_of_errors = word_ == "2";
    if (word_ == "1" || word_ == "2") word_.clear();
    end_word();
    std::string_view rest = text_.substr(++at_);
    for (const std::string_view target : {"&1", "&2", "/dev/null", " /dev/null"}) {
      if (!rest.starts_with(target)) continue;
      at_ += target.size();
      return true;
    }
    const std::size_t start = text_.find_first_not_of(' ', at_);
    if (is_of_errors || start == std::string_view::npos || text_[start] != '/') return false;
    const std::size_t end = std::min(text_.find_first_of(" \t\n;&|", start), text_.size());
    output_ = text_.substr(start, end - start);
    at_ = end;
    return true;
  }

  void end_word() {
    if (has_word_ && !word_.empty()) words_.push_back(word_);
    word_.clear();
    has_word_ = false;
  }
  // `next`: when the command that follows is run. A newline behind && or || only separates.
  void end_command(Runs next) {
    end_word();
    if (words_.empty()) return;
    commands_.push_back({.words = std::exchange(words_, {}),
                         .output = std::exchange(output_, {}),
                         .runs = std::exchange(runs_, next)});
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool has_word_ = false;
  std::string word_;
  std::vector<std::string> words_;
  std::string output_;
  Runs runs_ = Runs::always;  // of the command that is read
  std::vector<ShellCommand> commands_;
};

}  // namespace

std::optional<std::int64_t> shell_arithmetic(std::string_view text) { return Arithmetic{text}.value(); }

std::optional<std::vector<ShellCommand>> shell_commands(std::string_view text) {
  return Shell{text}.commands();
}

}  // namespace halfopen::drill
