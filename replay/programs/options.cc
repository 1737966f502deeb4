#include "replay/programs/options.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>

#include "replay/programs/net.h"

namespace halfopen::programs {
namespace {

// Which programs have an option: a bit for each, in the order of kPrograms.
constexpr unsigned kLine = 1;
constexpr unsigned kBulk = 2;
constexpr unsigned kReply = 32;
constexpr unsigned kClients = kLine | kBulk;
constexpr unsigned kAll = 63;
constexpr unsigned kServers = kAll & ~kClients;

struct Program {
  std::string_view name;
  std::string_view does;
  std::string_view example;
};
constexpr auto kPrograms = std::to_array<Program>({
    {"line-client", "For each line of its input: writes it, reads the answer and prints it.",
     "echo hello | line-client 127.0.0.1 9998"},
    {"bulk-client", "Writes bytes as fast as the socket takes them, then closes.",
     "bulk-client --bytes 1000000 127.0.0.1 9998"},
    {"echo-server", "Forks a child for each connection, which sends back what it reads.",
     "echo-server --sigterm ignores 127.0.0.1 9998"},
    {"sink", "Forks a child for each connection, which reads and throws away.",
     "sink --sockopt SO_RCVBUF=8192 ::1 9998"},
    {"stalled-server", "Forks a child for each connection, which never reads.",
     "stalled-server --backlog 1 127.0.0.1 9998"},
    {"reply-server", "Forks a child for each connection, which answers with a given text.",
     "reply-server --reply $'HTTP/1.0 204 No Content\\r\\n\\r\\n' --reply-when per-request 127.0.0.1 9998"},
});

// A text of the command line on one line, whatever is in it.
std::string quoted(std::string_view text) {
  std::string out{'"'};
  for (const char c : text) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    out += is_control ? '?' : c;
  }
  return out + '"';
}

// What an option was given.
struct Value {
  std::string_view option;
  std::string_view text;

  [[noreturn]] void reject(const std::string& expected) const {
    throw UsageError{std::string{option} + ": expected " + expected + ", found " + quoted(text)};
  }
};

template <class Number>
std::optional<Number> number_from(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::uint64_t number_of(const Value& value, std::uint64_t least, std::uint64_t most) {
  const auto number = number_from<std::uint64_t>(value.text);
  if (!number || *number < least || *number > most) {
    value.reject("a number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return *number;
}

constexpr std::uint64_t kMostMilliseconds = 36600ULL * 24 * 3600 * 1000;  // a scenario's hundred years

// Digits, and up to six more behind a point: nanoseconds are as fine as a scenario gets.
Duration milliseconds_of(const Value& value) {
  constexpr std::size_t kDecimals = 6;
  const std::size_t point = value.text.find('.');
  std::string decimals{point == std::string_view::npos ? "0" : value.text.substr(point + 1)};
  const bool too_fine = decimals.empty() || decimals.size() > kDecimals;
  decimals.resize(kDecimals, '0');
  const auto whole = number_from<std::uint64_t>(value.text.substr(0, point));
  const auto part = number_from<std::uint32_t>(decimals);
  if (!whole || !part || too_fine || *whole > kMostMilliseconds) {
    value.reject("milliseconds, at most a hundred years of them");
  }
  return std::chrono::milliseconds{*whole} + std::chrono::nanoseconds{*part};
}

// The index of the word.
template <std::size_t N>
std::size_t word_of(const Value& value, const std::array<std::string_view, N>& words) {
  const auto found = std::ranges::find(words, value.text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::string expected;
  for (const std::string_view word : words) expected += (expected.empty() ? "" : " or ") + quoted(word);
  value.reject(expected);
}

void add_socket_option(ProgramConfig& config, const Value& value) {
  const std::size_t equals = value.text.find('=');
  const std::string_view name = value.text.substr(0, equals);
  if (equals == std::string_view::npos || !is_socket_option(name)) {
    value.reject("NAME=VALUE, where NAME is one of " + socket_option_names());
  }
  const std::string_view text = value.text.substr(equals + 1);
  auto number = number_from<std::int32_t>(text);
  if (text == "true" || text == "false") number = text == "true" ? 1 : 0;
  if (!number) value.reject("a number, true or false for " + std::string{name});
  config.sockopts.emplace_back(name, *number);
}

struct Option {
  unsigned programs;
  std::string_view name;
  std::string_view value;  // what stands for its value in the help; empty: it takes none
  std::string_view does;
  void (*set)(ProgramConfig& config, const Value& value);
};
constexpr std::array<std::string_view, 3> kOnSigterm{"dies", "ignores", "closes"};
constexpr std::array<std::string_view, 3> kReplyWhen{"at-once", "per-line", "per-request"};
constexpr std::uint64_t kMost16 = 65535;
constexpr auto kOptions = std::to_array<Option>({
    {kLine, "--watch", "", "Wait for input and socket at once, and so see the end of the connection",
     [](ProgramConfig& config, const Value&) { config.watch = true; }},
    {kLine, "--keep-going", "", "Go on writing after the end of the stream or an error",
     [](ProgramConfig& config, const Value&) { config.keep_going = true; }},
    {kLine, "--never-reads", "", "Write only",
     [](ProgramConfig& config, const Value&) { config.never_reads = true; }},
    {kLine, "--read-delay", "MS", "Wait this long between write and read",
     [](ProgramConfig& config, const Value& value) { config.read_delay = milliseconds_of(value); }},
    {kBulk, "--bytes", "N", "How many to write (0)",
     [](ProgramConfig& config, const Value& value) {
       config.bytes = number_of(value, 0, std::numeric_limits<std::uint64_t>::max());
     }},
    {kClients, "--local-port", "N", "Bind to this port first; 0: the kernel chooses (0)",
     [](ProgramConfig& config, const Value& value) {
       config.local_port = static_cast<std::uint16_t>(number_of(value, 0, kMost16));
     }},
    {kReply, "--reply", "TEXT", "What to answer, as it stands: no newline is added",
     [](ProgramConfig& config, const Value& value) { config.reply = value.text; }},
    {kReply, "--reply-when", "WHEN",
     "at-once, per-line or per-request, which ends with an empty line (per-line)",
     [](ProgramConfig& config, const Value& value) {
       config.reply_when = static_cast<ReplyWhen>(word_of(value, kReplyWhen));
     }},
    {kServers, "--sigterm", "WHAT", "What SIGTERM does: dies, ignores or closes (dies)",
     [](ProgramConfig& config, const Value& value) {
       config.on_sigterm = static_cast<OnSigterm>(word_of(value, kOnSigterm));
     }},
    {kServers, "--backlog", "N", "Of listen() (128)",
     [](ProgramConfig& config, const Value& value) {
       config.backlog = static_cast<std::uint32_t>(number_of(value, 0, kMost16));
     }},
    {kAll, "--read-timeout", "MS", "SO_RCVTIMEO",
     [](ProgramConfig& config, const Value& value) { config.read_timeout = milliseconds_of(value); }},
    {kAll, "--ignore-sigpipe", "", "Report EPIPE instead of dying of SIGPIPE",
     [](ProgramConfig& config, const Value&) { config.ignore_sigpipe = true; }},
    {kAll, "--sockopt", "NAME=VALUE", "Set a socket option; may be repeated", &add_socket_option},
});

const Program& program_of(std::string_view name) {
  const auto found = std::ranges::find(kPrograms, name, &Program::name);
  if (found == kPrograms.end()) throw UsageError{"expected a program of halfopen, found " + quoted(name)};
  return *found;
}

unsigned bit_of(const Program& program) { return 1U << (&program - kPrograms.data()); }

// "--name" or "--name=value".
const Option& option_of(const Program& program, std::string_view argument) {
  const std::string_view name = argument.substr(0, argument.find('='));
  const auto found = std::ranges::find_if(kOptions, [&](const Option& option) {
    return (option.programs & bit_of(program)) != 0 && option.name == name;
  });
  if (found != kOptions.end()) return *found;
  throw UsageError{"expected an option that '" + std::string{program.name} + " --help' lists, found " +
                   quoted(name)};
}

IpAddress address_of(const Value& value) {
  const std::string text{value.text};
  std::array<std::uint8_t, 4> v4{};
  if (inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return IpAddress::v4(v4);
  std::array<std::uint8_t, 16> v6{};
  if (inet_pton(AF_INET6, text.c_str(), v6.data()) != 1) value.reject("an IPv4 or IPv6 address");
  return IpAddress::v6(v6);
}

// ADDRESS PORT.
SocketAddress server_of(std::span<const std::string_view> words) {
  if (words.size() > 2) throw UsageError{"expected nothing after ADDRESS PORT, found " + quoted(words[2])};
  if (words.size() < 2) throw UsageError{words.empty() ? "ADDRESS and PORT are missing" : "PORT is missing"};
  return {address_of({"ADDRESS", words[0]}),
          static_cast<std::uint16_t>(number_of({"PORT", words[1]}, 1, kMost16))};
}

}  // namespace

CommandLine parse_command_line(std::string_view program, std::span<const std::string_view> arguments) {
  const Program& row = program_of(program);
  CommandLine line;
  line.config.name = row.name;
  std::array<std::string_view, 3> words;  // the third is one too many
  std::size_t count = 0;
  bool options_are_over = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (options_are_over || !argument.starts_with('-')) {
      if (count < words.size()) words[count++] = argument;
    } else if (argument == "--") {
      options_are_over = true;
    } else if (argument == "--help" || argument == "-h") {
      line.wants_help = true;
      return line;
    } else {
      const Option& option = option_of(row, argument);
      const std::size_t equals = argument.find('=');
      Value value{option.name, {}};
      if (equals != std::string_view::npos) {
        value.text = argument.substr(equals + 1);
        if (option.value.empty()) value.reject("no value");
      } else if (!option.value.empty()) {
        if (++i == arguments.size()) {
          throw UsageError{std::string{option.name} + ": " + std::string{option.value} + " is missing"};
        }
        value.text = arguments[i];
      }
      option.set(line.config, value);
    }
  }
  line.config.server = server_of(std::span{words}.first(count));
  return line;
}

std::string help_of(std::string_view program) {
  const Program& row = program_of(program);
  std::string text = "Usage: " + std::string{row.name} + " [OPTIONS] ADDRESS PORT\n";
  (text += row.does) += "\n\nOptions:\n";
  const auto add = [&text](std::string heading, std::string_view does) {
    constexpr std::size_t kColumn = 26;
    heading.resize(std::max(kColumn, heading.size() + 1), ' ');
    ((text += "  " + heading) += does) += '\n';
  };
  for (const Option& option : kOptions) {
    if ((option.programs & bit_of(row)) == 0) continue;
    add(std::string{option.name} + ' ' + std::string{option.value}, option.does);
  }
  add("-h, --help", "Print this help and exit");
  text += "\nSocket options: " + socket_option_names() +
          ".\nSO_RCVTIMEO and TCP_USER_TIMEOUT are in milliseconds, the other times in seconds; a negative "
          "SO_LINGER is off.\n";
  ((text += "\nExample:\n  ") += row.example) += '\n';
  return text;
}

ProgramConfig config_or_exit(std::string_view program, int argc, const char* const* argv) {
  constexpr int kBadUsage = 2;
  try {
    const std::vector<std::string_view> arguments{argv + std::min(argc, 1), argv + argc};
    CommandLine line = parse_command_line(program, arguments);
    if (!line.wants_help) return std::move(line.config);
    std::fputs(help_of(program).c_str(), stdout);
    std::exit(0);
  } catch (const UsageError& error) {
    complain(program, error.what());
    std::exit(kBadUsage);
  }
}

}  // namespace halfopen::programs
