// What the outputs of a halfopen command are called in the guest: the same whatever the user calls them, so
// that a name changes nothing of the run in there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace halfopen::guest {

inline constexpr const char* kOutputs = "/.halfopen-outputs";  // the directory in the guest

struct NamedOutput {
  std::string inside;   // its path in the guest, in kOutputs
  std::string outside;  // as the user wrote it
  std::string path;     // the same, absolute
};

// The name in the guest of the output `outside`, at the absolute path `path`: what was named before, or the
// next in `outputs`, where it is put. How it ends is kept: it says which kind of file is wanted.
[[nodiscard]] std::string name_inside(std::vector<NamedOutput>& outputs, const std::string& outside,
                                      const std::string& path);

// Puts the user's names back into a stream of what the command says, also where a piece ends in the middle of
// one.
class OutputNames {
 public:
  explicit OutputNames(std::vector<NamedOutput> outputs) : outputs_{std::move(outputs)} {}

  [[nodiscard]] std::string pass(std::string_view bytes);
  // What was held back at the end of the stream.
  [[nodiscard]] std::string rest();

 private:
  std::vector<NamedOutput> outputs_;
  std::string held_;  // the start of what may become such a name
};

}  // namespace halfopen::guest
