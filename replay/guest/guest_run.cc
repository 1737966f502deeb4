#include "replay/guest/guest_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "replay/base/errors.h"
#include "replay/guest/conversation.h"
#include "replay/guest/file_bytes.h"
#include "replay/guest/guest_memory.h"
#include "replay/guest/kernel_image.h"
#include "replay/guest/kernel_modules.h"
#include "replay/guest/orders.h"

namespace halfopen::guest {
namespace {

// The guest's uptime at which commands start: long after the slowest boot that was seen, and idle time costs
// nothing.
constexpr std::uint64_t kStartMs = 10'000;
constexpr const char* kInit = "guest-init";

bool has_word(std::string_view text, std::string_view word) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const bool starts = at == 0 || !is_part(text[at - 1]);
    const std::size_t end = at + word.size();
    if (starts && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

// Puts the modules into the image; gives their paths, in the order in which they are loaded.
std::vector<std::string> pack_modules(const KernelModules& modules, const std::string& text,
                                      GuestImage& image) {
  std::vector<std::string> wanted{"tun", "inet_diag", "tcp_diag", "tcp_cubic"};
  for (const std::string& name : modules.congestion_controls()) {
    if (has_word(text, name)) wanted.push_back("tcp_" + name);
  }
  std::vector<std::string> paths;
  for (const std::string& name : wanted) {
    for (KernelModule& module : modules.with_dependencies(name)) {
      const std::string path = "/.halfopen-modules/" + module.name + ".ko";
      if (std::ranges::find(paths, path) != paths.end()) continue;
      image.add_file(path, std::move(module.bytes));
      paths.push_back(path);
    }
  }
  return paths;
}

// Why there is no TUN device, as far as it can be known from outside.
std::string explain_no_tun(const KernelModules& modules, const std::string& directory,
                           const KernelImage& kernel) {
  if (modules.is_there("tun") || modules.is_built_in("tun")) return "its driver does not work";
  if (!directory.empty())
    return fmt::format("it is neither built in nor a module in {} (CONFIG_TUN)", directory);
  return fmt::format(
      "it is not built in, and there is no lib/modules/{} beside {} or on this machine; --modules DIR names "
      "it",
      kernel.release.empty() ? "RELEASE" : kernel.release, kernel.path);
}

struct Prepared {
  UniqueFd initramfs;
  Baggage baggage;
  std::uint32_t memory_mb = 0;
};

Prepared prepare(const GuestConfig& config, const KernelModules& modules) {
  GuestImage image;
  Prepared prepared;
  prepared.baggage = pack(config.command, image, kMostImage);
  const Baggage& baggage = prepared.baggage;
  Orders orders;
  orders.modules = pack_modules(modules, baggage.text, image);
  orders.needs_tun = !config.command.any_program;
  orders.start_ms = kStartMs + config.phase_ms;
  orders.limit_ms = static_cast<std::uint64_t>(config.guest_limit / std::chrono::milliseconds{1});
  orders.directory = config.command.directory;
  orders.environment = baggage.environment;
  orders.environment.push_back(fmt::format("HALFOPEN_PHASE_MS={}", config.phase_ms));
  orders.words = baggage.words;
  orders.watched = baggage.watched;
  orders.watched.emplace_back(kOutputs);
  image.add_file(kOrdersFile, to_text(orders));
  const auto init = std::filesystem::path{config.command.programs} / kInit;
  image.add_file("/init", read_bytes(init.string()), true);
  prepared.memory_mb = guest_memory(image, config.memory_mb, memory_here());
  prepared.initramfs = image.write();
  return prepared;
}

// What a guest says in a form for people: no control characters but ends of lines.
std::string readable(const std::string& said) {
  std::string text;
  for (std::size_t i = 0; i < said.size(); ++i) {
    const char c = said[i];
    if (c == '\x1b') {  // a terminal's sequence: up to its letter
      while (i + 1 < said.size() && std::isalpha(static_cast<unsigned char>(said[i + 1])) == 0) ++i;
      ++i;
    } else if (c == '\n' || static_cast<unsigned char>(c) >= 0x20) {
      text += c;
    }
  }
  return text;
}

// What the command says of its outputs in the user's words, on its way to the listener.
class OutputTelling {
 public:
  OutputTelling(const GuestListener& listener, const std::vector<NamedOutput>& outputs)
      : listener_{listener}, output_{outputs}, error_output_{outputs} {}

  void tell(std::string_view bytes, bool error) {
    if (listener_.output) listener_.output((error ? error_output_ : output_).pass(bytes), error);
  }
  void finish() {
    if (!listener_.output) return;
    listener_.output(output_.rest(), false);
    listener_.output(error_output_.rest(), true);
  }

 private:
  const GuestListener& listener_;
  OutputNames output_;
  OutputNames error_output_;
};

}  // namespace

GuestOutcome run_guest(const GuestConfig& config, const GuestListener& listener) {
  const KernelImage kernel = identify_kernel(config.kernel);
  const std::string directory =
      config.modules.empty() ? modules_directory_for(config.kernel, kernel.release) : config.modules;
  const KernelModules modules{directory, kernel.release};
  const Prepared prepared = prepare(config, modules);
  const StopSignals signals;
  OutputTelling telling{listener, prepared.baggage.outputs};
  const GuestListener translated{
      .output = [&](std::string_view bytes, bool error) { telling.tell(bytes, error); },
      .progress = listener.progress};
  const auto attempt = [&](Machine machine) {
    Qemu qemu{{.kernel = config.kernel,
               .initramfs = prepared.initramfs.get(),
               .machine = machine,
               .memory_mb = prepared.memory_mb,
               .append = config.append}};
    Conversation conversation{qemu, config, prepared.memory_mb, translated, signals};
    conversation.run();
    telling.finish();
    GuestOutcome outcome = conversation.outcome();
    outcome.unwritten = conversation.files().write_back(prepared.baggage);
    return outcome;
  };
  GuestOutcome outcome = attempt(Machine::microvm);
  // A kernel that lacks what a microvm has for devices is silent there: a pc has more.
  if (outcome.end == GuestOutcome::End::never_there) outcome = attempt(Machine::pc);
  if (outcome.release.empty()) outcome.release = kernel.release;
  for (std::string* text : {&outcome.console, &outcome.release, &outcome.why, &outcome.remark}) {
    *text = readable(*text);
  }
  outcome.memory_mb = prepared.memory_mb;
  if (outcome.end == GuestOutcome::End::refused && outcome.why.ends_with("TUN device")) {
    outcome.why += ": " + explain_no_tun(modules, directory, kernel);
  }
  return outcome;
}

}  // namespace halfopen::guest
