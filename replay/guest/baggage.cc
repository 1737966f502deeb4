#include "replay/guest/baggage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "capture/file/output_file.h"
#include "replay/guest/elf_file.h"
#include "replay/guest/file_bytes.h"
#include "replay/guest/script_needs.h"

namespace halfopen::guest {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kPrograms{"line-client", "bulk-client",    "echo-server",
                                                    "sink",        "stalled-server", "reply-server"};
// Options of halfopen whose value is a file that it writes: what is in it by now does not matter.
constexpr std::array<std::string_view, 4> kOutputOptions{"--write", "--json", "--junit", "-w"};
constexpr std::string_view kServerCommand = "--server-command";
constexpr std::string_view kAgainst = "--against=";
constexpr std::string_view kShow = "show";  // its --json is no file: it writes none

bool is_output_option(const std::string& word) {
  return std::ranges::find(kOutputOptions, word) != kOutputOptions.end();
}

// Where FILE begins in "--json=FILE" and "-wFILE"; npos for any other word.
std::size_t output_in(const std::string& word) {
  for (const std::string_view option : kOutputOptions) {
    if (!word.starts_with(option) || word.size() == option.size()) continue;
    if (option == "-w") return option.size();
    if (word[option.size()] == '=' && word.size() > option.size() + 1) return option.size() + 1;
  }
  return std::string::npos;
}

constexpr std::string_view kDrill = "packetdrill";

// packetdrill, whose scripts' commands run in the guest.
bool plays_on_kernel(const std::vector<std::string>& words) {
  if (words.empty() || words.front() != kDrill) return false;
  for (std::size_t i = 1; i < words.size(); ++i)
    if (words[i] == "--on=kernel" || (words[i] == "--on" && i + 1 < words.size() && words[i + 1] == "kernel"))
      return true;
  return false;
}

constexpr std::size_t kElfMagic = 64;  // bytes at the start that tell an ELF file

// What the guest has of its own.
bool is_of_the_kernel(const std::string& path) { return is_watched({"/proc", "/sys", "/dev"}, path); }

class Packer {
 public:
  Packer(const GuestCommand& command, GuestImage& image, std::uint64_t most)
      : command_{command}, image_{image}, most_{most} {}

  Baggage pack() {
    add_system_files();
    image_.mirror(command_.directory);
    image_.add_directory(kOutputs);
    watch(command_.directory);
    for (const std::string& path : command_.out) pack_out(path);
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
    blesses_ = std::find(command_.words.begin(), client, "--bless") != client;
    pack_arguments({command_.words.begin(), client});
    if (plays_on_kernel(command_.words)) pack_scripts({command_.words.begin() + 1, client});
    baggage_.words.insert(baggage_.words.begin(), command_.halfopen);
    if (client == command_.words.end()) return;
    baggage_.words.emplace_back("--");
    pack_program({client + 1, command_.words.end()});
  }

  // words[0] is the name of a halfopen command.
  void pack_arguments(const std::vector<std::string>& words) {
    const bool writes = !words.empty() && words.front() != kShow;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      const bool has_value = i + 1 < words.size();
      if (writes && is_output_option(word) && has_value) {
        add_word(word);
        add_word(pack_output(words, word, words[i + 1]));
        ++i;
      } else if (const std::size_t at = output_in(word); writes && at != std::string::npos) {
        add_word(word.substr(0, at) + pack_output(words, word, word.substr(at)));
      } else {
        add_word(word);
        if (i == 0) continue;
        if (word == kServerCommand && has_value) {
          add_word(words[++i]);
          pack_shell_words(words[i]);
        } else {
          pack_named(word);
          if (blesses_) watch_blessed(word);
        }
      }
    }
  }

  // packetdrill's scripts: what their commands name, each in its own directory.
  void pack_scripts(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      const std::string path = absolute(word);
      std::error_code error;
      if (fs::is_directory(path, error)) {
        for (const auto& entry : fs::recursive_directory_iterator{path})
          if (entry.path().extension() == ".pkt") pack_script(entry.path());
      } else if (path.ends_with(".pkt") && fs::is_regular_file(path, error)) {
        pack_script(path);
      }
    }
  }
  void pack_script(const fs::path& path) {
    for (const std::string& word : words_of_script(read_bytes(path.string())))
      pack_word(word, path.parent_path().string());
  }

  // A word of a shell in `directory`, which may be a program or a file; a program for a shell has words, too.
  void pack_word(const std::string& word, const std::string& directory) {
    const bool is_path = word.find('/') != std::string::npos;
    const std::string program = is_path             ? (fs::path{directory} / word).lexically_normal().string()
                                : word == "python3" ? find_python()
                                                    : find_program(word);
    std::error_code error;
    if (program.empty() || is_of_the_kernel(program) || !fs::is_regular_file(program, error) ||
        !words_done_.insert(program).second)
      return;
    take_program(program);
    if (fs::path{program}.filename().string().starts_with("python3")) pack_python(program);
    const std::string text = read_bytes(program);
    if (!text.starts_with("#!")) return;
    for (const std::string& inner : words_of_shell(text)) pack_word(inner, directory);
  }

  // The first that is an executable and no script of a version manager, whose directories would have to come
  // along.
  static std::string find_python() {
    const char* path = std::getenv("PATH");
    std::istringstream directories{path == nullptr ? "/usr/bin" : path};
    for (std::string directory; std::getline(directories, directory, ':');) {
      const std::string candidate = directory + "/python3";
      std::error_code error;
      if (fs::is_regular_file(candidate, error) && is_elf(read_start(candidate, kElfMagic))) return candidate;
    }
    return {};
  }

  // Its modules in Python lie beside its executable: bin/python3.11, lib/python3.11.
  void pack_python(const std::string& program) {
    const fs::path executable = fs::canonical(program);
    const fs::path modules = executable.parent_path().parent_path() / "lib" / executable.filename();
    if (fs::is_directory(modules)) image_.mirror_tree(modules.string(), most_);
  }

  // What cannot be written here is found before anything runs. Gives the name that it has in the guest.
  std::string pack_output(const std::vector<std::string>& words, const std::string& option,
                          const std::string& name) {
    if (name == "-") return name;
    if (words.front() == kDrill && (option.starts_with("-w") || option.starts_with("--write"))) {
      watch(absolute(name));  // a directory, which it makes
      return name;
    }
    const std::string path = absolute(name);
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status) || fs::is_regular_file(status) || fs::is_directory(status)) {
      const OutputFile trial{name, OutputFile::OnSignal::discard};
    }
    return name_inside(baggage_.outputs, name, path);
  }

  void pack_out(const std::string& name) {
    const fs::path path = absolute(name);
    const std::string place = fs::is_directory(path) ? path.string() : path.parent_path().string();
    if (is_of_the_kernel(path.string()) || access(place.c_str(), W_OK) != 0) {
      throw std::runtime_error{
          fmt::format("--out {}: expected a file or a directory that can be written", name)};
    }
    image_.mirror(place);
    watch(path.string());
  }

  // References are written into a directory that is named, or beside a scenario that is.
  void watch_blessed(const std::string& word) {
    const std::string path = absolute(word.starts_with(kAgainst) ? word.substr(kAgainst.size()) : word);
    std::error_code error;
    if (fs::is_directory(path, error)) watch(path);
    if (fs::is_regular_file(path, error) && word.ends_with(".toml"))
      watch(fs::path{path}.parent_path().string());
  }

  // A word, or what follows its '=', may name something of this machine.
  void pack_named(const std::string& word) {
    const std::size_t equals = word.find('=');
    for (const std::string& name :
         {word, equals == std::string::npos ? std::string{} : word.substr(equals + 1)}) {
      if (name.empty() || name.starts_with('-')) continue;
      const std::string path = absolute(name);
      std::error_code error;
      if (is_of_the_kernel(path)) continue;
      if (fs::is_regular_file(path, error)) {
        image_.mirror_program(path);
        if (name.ends_with(".toml")) baggage_.text += read_bytes(path) + "\n";
      } else if (fs::is_directory(path, error)) {
        if (path == "/") continue;
        command_.any_program ? image_.mirror(path) : image_.mirror_tree(path, most_);
      } else if (const std::string parent = fs::path{path}.parent_path().string();
                 name.find('/') != std::string::npos && fs::is_directory(parent, error)) {
        image_.mirror(parent);
      }
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
  bool blesses_ = false;
  std::set<std::string> words_done_;  // by pack_word()
  Baggage baggage_;
  std::vector<std::string> path_{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                 "/usr/bin",        "/sbin",          "/bin"};
};

}  // namespace

Baggage pack(const GuestCommand& command, GuestImage& image, std::uint64_t most) {
  return Packer{command, image, most}.pack();
}

bool names_outputs(const std::vector<std::string>& words) {
  if (!words.empty() && words.front() == kShow) return false;
  for (std::size_t i = 0; i < words.size() && words[i] != "--"; ++i) {
    const std::size_t at = output_in(words[i]);
    const std::string output = is_output_option(words[i]) && i + 1 < words.size() ? words[i + 1]
                               : at != std::string::npos                          ? words[i].substr(at)
                                                                                  : std::string{};
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
