#include "replay/run/program_command.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "sim/base/input_error.h"

namespace halfopen {
namespace {

constexpr std::array<std::string_view, 3> kOnSigterm{"dies", "ignores", "closes"};
constexpr std::array<std::string_view, 3> kReplyWhen{"at-once", "per-line", "per-request"};

class Arguments {
 public:
  void flag(std::string_view name, bool wanted) {
    if (wanted) words_.emplace_back(name);
  }
  // Unless the value is what the program does anyway.
  template <class Value>
  void value(std::string_view name, const Value& wanted, const Value& by_default) {
    if (wanted != by_default) add(name, fmt::to_string(wanted));
  }
  void add(std::string_view name, std::string value) {
    words_.emplace_back(name);
    words_.push_back(std::move(value));
  }
  void positional(std::string word) { words_.push_back(std::move(word)); }
  [[nodiscard]] std::vector<std::string> take() { return std::move(words_); }

 private:
  std::vector<std::string> words_;
};

// "1.5": milliseconds with no more decimals than needed.
std::string milliseconds_text(Duration duration) {
  constexpr std::int64_t kNanos = 1'000'000;
  if (duration.count() % kNanos == 0) return fmt::to_string(duration.count() / kNanos);
  std::string text = fmt::format("{}.{:06}", duration.count() / kNanos, duration.count() % kNanos);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

void add_line_client(const ProgramConfig& config, Arguments& arguments) {
  arguments.flag("--watch", config.watch);
  arguments.flag("--keep-going", config.keep_going);
  arguments.flag("--never-reads", config.never_reads);
  if (config.read_delay > Duration{}) arguments.add("--read-delay", milliseconds_text(config.read_delay));
}

void add_server(const ProgramConfig& config, Arguments& arguments) {
  const ProgramConfig defaults;
  if (config.on_sigterm != defaults.on_sigterm) {
    arguments.add("--sigterm", std::string{kOnSigterm[static_cast<std::size_t>(config.on_sigterm)]});
  }
  arguments.value("--backlog", config.backlog, defaults.backlog);
}

void add_reply_server(const ProgramConfig& config, Arguments& arguments) {
  const ProgramConfig defaults;
  if (config.reply.find('\0') != std::string::npos) {
    throw InputError{"server.reply", "a text without zero bytes for a real program", "a zero byte"};
  }
  arguments.value("--reply", config.reply, defaults.reply);
  if (config.reply_when != defaults.reply_when) {
    arguments.add("--reply-when", std::string{kReplyWhen[static_cast<std::size_t>(config.reply_when)]});
  }
}

}  // namespace

std::vector<std::string> program_arguments(const ProgramConfig& config) {
  const ProgramConfig defaults;
  Arguments arguments;
  if (config.name == "line-client") add_line_client(config, arguments);
  if (config.name == "bulk-client") arguments.value("--bytes", config.bytes, defaults.bytes);
  if (config.name == "reply-server") add_reply_server(config, arguments);
  if (config.name.ends_with("-client")) {
    arguments.value("--local-port", config.local_port, defaults.local_port);
  } else {
    add_server(config, arguments);
  }
  // The socket option has milliseconds: what is finer is cut off, as in the model.
  const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(config.read_timeout);
  if (timeout.count() > 0) arguments.add("--read-timeout", fmt::to_string(timeout.count()));
  arguments.flag("--ignore-sigpipe", config.ignore_sigpipe);
  for (const auto& [name, value] : config.sockopts) {
    arguments.add("--sockopt", fmt::format("{}={}", name, value));
  }
  arguments.positional(config.server.ip.to_string());
  arguments.positional(fmt::to_string(config.server.port));
  return arguments.take();
}

}  // namespace halfopen
