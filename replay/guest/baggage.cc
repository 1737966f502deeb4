#include "replay/guest/baggage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "replay/guest/file_bytes.h"

namespace halfopen::guest {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kPrograms{"line-client", "bulk-client",    "echo-server",
                                                    "sink",        "stalled-server", "reply-server"};
// Options of halfopen whose value is a file that it writes: what is in it by now does not matter.
constexpr std::array<std::string_view, 4> kOutputOptions{"--write", "--json", "--junit", "-w"};
constexpr std::string_view kServerCommand = "--server-command";

bool is_output_option(const std::string& word) {
  return std::ranges::find(kOutputOptions, word) != kOutputOptions.end();
}

// FILE of "--json=FILE" and "-wFILE".
std::string output_in(const std::string& word) {
  for (const std::string_view option : kOutputOptions) {
    if (!word.starts_with(option) || word.size() == option.size()) continue;
    const std::string rest = word.substr(option.size());
    if (option == "-w") return rest;
    if (rest.starts_with('=')) return rest.substr(1);
  }
  return {};
}

class Packer {
 public:
  Packer(const GuestCommand& command, GuestImage& image, std::uint64_t most)
      : command_{command}, image_{image}, most_{most} {}

  Baggage pack() {
    add_system_files();
    image_.mirror(command_.directory);
    watch(command_.directory);
    command_.any_program ? pack_program(command_.words) : pack_halfopen();
    for (const std::string& name : command_.with) pack_with(name);
    if (image_.size() > most_) {
      throw std::runtime_error{
          fmt::format("the command and what it needs are {} MB, and a guest takes {} MB along at most",
                      image_.size() >> 20, most_ >> 20)};
    }
    baggage_.environment = environment();
    return std::move(baggage_);
  }

 private:
  void add_system_files() {
    image_.add_file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n");
    image_.add_file("/etc/group", "root:x:0:\nnogroup:x:65534:\n");
    image_.add_file("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");
    image_.add_file("/etc/resolv.conf", "nameserver 127.0.0.1\n");
    image_.add_file("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
    if (fs::exists("/bin/sh")) image_.mirror_program("/bin/sh");
  }

  [[nodiscard]] std::string absolute(const std::string& path) const {
    return (fs::path{command_.directory} / path).lexically_normal().string();
  }

  void watch(std::string path) {
    if (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (path == "/" || is_watched(baggage_.watched, path)) return;
    std::erase_if(baggage_.watched, [&](const std::string& other) { return other.starts_with(path + "/"); });
    baggage_.watched.push_back(path);
  }

  void pack_halfopen() {
    const fs::path programs = command_.programs;
    image_.mirror_program(command_.halfopen);
    for (const std::string_view program : kPrograms) image_.mirror_program((programs / program).string());
    const auto client = std::ranges::find(command_.words, "--");
    pack_arguments({command_.words.begin(), client});
    baggage_.words.insert(baggage_.words.begin(), command_.halfopen);
    if (client == command_.words.end()) return;
    baggage_.words.emplace_back("--");
    pack_program({client + 1, command_.words.end()});
  }

  // words[0] is the name of a halfopen command.
  void pack_arguments(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      add_word(word);
      if (i == 0) continue;
      const bool has_value = i + 1 < words.size();
      if (is_output_option(word) && has_value) {
        add_word(words[++i]);
        pack_output(words[i]);
      } else if (const std::string output = output_in(word); !output.empty()) {
        pack_output(output);
      } else if (word == kServerCommand && has_value) {
        add_word(words[++i]);
        pack_shell_words(words[i]);
      } else {
        pack_named(word);
      }
    }
  }

  void pack_output(const std::string& name) {
    if (name == "-") return;
    const fs::path path = absolute(name);
    const std::string directory = path.parent_path().string();
    std::error_code error;
    if (fs::is_directory(directory, error) && access(directory.c_str(), W_OK) != 0) {
      throw std::runtime_error{fmt::format("{}: cannot be written: {}", name, std::strerror(errno))};
    }
    if (fs::is_directory(directory, error)) image_.mirror(directory);
    watch(path.string());
    watch(path.string() + ".partial");  // what is left of it should the kernel die
  }

  // A word, or what follows its '=', may name something of this machine.
  void pack_named(const std::string& word) {
    const std::size_t equals = word.find('=');
    for (const std::string& name :
         {word, equals == std::string::npos ? std::string{} : word.substr(equals + 1)}) {
      if (name.empty() || name.starts_with('-')) continue;
      const std::string path = absolute(name);
      std::error_code error;
      if (fs::is_regular_file(path, error)) {
        image_.mirror_program(path);
        if (name.ends_with(".toml")) baggage_.text += read_bytes(path) + "\n";
      } else if (fs::is_directory(path, error)) {
        if (path == "/") continue;
        command_.any_program ? image_.mirror(path) : image_.mirror_tree(path, most_);
      } else if (const std::string parent = fs::path{path}.parent_path().string();
                 name.find('/') != std::string::npos && fs::is_directory(parent, error)) {
        image_.mirror(parent);
      } else {
        continue;
      }
      watch(path);
    }
  }

  void pack_program(const std::vector<std::string>& words) {
    if (words.empty()) return;
    const std::string program = find_program(words.front());
    if (program.empty()) throw std::runtime_error{fmt::format("cannot find the program '{}'", words.front())};
    take_program(program);
    for (const std::string& word : words) {
      add_word(word);
      if (&word != &words.front()) pack_named(word);
    }
  }

  void pack_shell_words(const std::string& line) {
    std::istringstream words{line};
    for (std::string word; words >> word;) {
      if (const std::string program = find_program(word); !program.empty()) take_program(program);
      pack_named(word);
    }
  }

  void pack_with(const std::string& name) {
    const std::string path = absolute(name);
    std::error_code error;
    if (fs::is_directory(path, error)) return image_.mirror_tree(path, most_);
    if (fs::is_regular_file(path, error)) return take_program(path);
    const std::string program = find_program(name);
    if (program.empty()) {
      throw std::runtime_error{
          fmt::format("--with {}: expected a file, a directory or a program in PATH", name)};
    }
    take_program(program);
  }

  void take_program(const std::string& path) {
    image_.mirror_program(path);
    const std::string directory = fs::path{path}.parent_path().string();
    if (std::ranges::find(path_, directory) == path_.end()) path_.push_back(directory);
  }

  void add_word(const std::string& word) {
    baggage_.words.push_back(word);
    baggage_.text += word + "\n";
  }

  // The same on every machine, so that nothing of this one gets into the run.
  [[nodiscard]] std::vector<std::string> environment() const {
    std::vector<std::string> variables{fmt::format("PATH={}", fmt::join(path_, ":")), "HOME=/root",
                                       "LANG=C.UTF-8", "TERM=dumb", "HALFOPEN_VIRTUAL_TIME=1"};
    // The host takes colours away again where nobody wants them, so that they make no difference in the
    // guest.
    if (!command_.any_program) variables.emplace_back("CLICOLOR_FORCE=1");
    if (const std::vector<std::string> libraries = image_.library_directories(); !libraries.empty()) {
      variables.push_back(fmt::format("LD_LIBRARY_PATH={}", fmt::join(libraries, ":")));
    }
    if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH"); epoch != nullptr) {
      variables.push_back(fmt::format("SOURCE_DATE_EPOCH={}", epoch));
    }
    return variables;
  }

  const GuestCommand& command_;
  GuestImage& image_;
  std::uint64_t most_;
  Baggage baggage_;
  std::vector<std::string> path_{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                 "/usr/bin",        "/sbin",          "/bin"};
};

}  // namespace

Baggage pack(const GuestCommand& command, GuestImage& image, std::uint64_t most) {
  return Packer{command, image, most}.pack();
}

bool names_outputs(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::string output =
        is_output_option(words[i]) && i + 1 < words.size() ? words[i + 1] : output_in(words[i]);
    if (!output.empty() && output != "-") return true;
  }
  return false;
}

bool is_watched(const std::vector<std::string>& watched, const std::string& path) {
  return std::ranges::any_of(watched, [&](const std::string& top) {
    return path == top || (path.starts_with(top) && path[top.size()] == '/');
  });
}

}  // namespace halfopen::guest
