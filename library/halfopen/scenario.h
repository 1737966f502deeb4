// A scenario: two hosts, a path between them and what is done to all three. halfopen-scenario(5) is the
// reference of the format.
#pragma once

#include <halfopen/api.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ho {

class HO_API Scenario {
 public:
  // Reads TOML; `name` stands for the file in messages. `overrides` are laid over it first, as with --set:
  // "path.delay=100ms". Throws std::runtime_error with one line: the place, what was expected, what was
  // found.
  static Scenario parse(std::string_view toml, const std::string& name = "scenario",
                        const std::vector<std::string>& overrides = {});
  ~Scenario();
  Scenario(Scenario&&) noexcept;
  Scenario& operator=(Scenario&&) noexcept;

  [[nodiscard]] const std::string& title() const;
  [[nodiscard]] std::uint64_t seed() const;

 private:
  friend class World;
  struct Parts;
  explicit Scenario(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ho
