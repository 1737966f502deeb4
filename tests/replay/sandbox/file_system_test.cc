#include "replay/sandbox/file_system.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/scratch.h"

namespace halfopen {
namespace {

using Words = std::vector<std::string>;

// Leads back to where it was.
class At {
 public:
  explicit At(const std::filesystem::path& directory) { std::filesystem::current_path(directory); }
  ~At() { std::filesystem::current_path(before_); }
  At(const At&) = delete;
  At& operator=(const At&) = delete;

 private:
  std::filesystem::path before_ = std::filesystem::current_path();
};

TEST(PlacesInUse, AreThoseThatAWordOfTheCommandNames) {
  const At root{"/"};
  EXPECT_EQ(places_in_use({"sh", "-c", "true"}), Words{});
  EXPECT_EQ(places_in_use({}), Words{});
  for (const char* word :
       {"/tmp/x", "--file=/tmp/x", "python3 /tmp/server.py", "file:///tmp/x", "../tmp/x"}) {
    EXPECT_EQ(places_in_use({"sh", word}), Words{"/tmp"}) << word;
  }
  EXPECT_EQ(places_in_use({"sh", "/var/run/x", "/tmp/x"}), (Words{"/run", "/tmp"}));
  for (const char* word : {"/home/me/tmp/x", "/home/me/run/x", "/tmpfs", "/tmp", "/running/x"}) {
    EXPECT_EQ(places_in_use({"sh", word}), Words{}) << word;
  }
}

TEST(PlacesInUse, AreThoseOfTheDirectoryAndOfTheProgram) {
  const test::Scratch scratch;
  if (!scratch.path().string().starts_with("/tmp/")) GTEST_SKIP() << "TMPDIR is elsewhere";
  {
    const At inside{scratch.path()};
    EXPECT_EQ(places_in_use({"sh", "-c", "true"}), Words{"/tmp"});
    EXPECT_EQ(places_in_use({}), Words{"/tmp"});
  }
  std::filesystem::copy_file("/bin/sh", scratch.path() / "sh-of-the-test");
  const At root{"/"};
  const std::string path = getenv("PATH");
  setenv("PATH", (path + ":" + scratch.path().string()).c_str(), 1);
  EXPECT_EQ(places_in_use({"sh-of-the-test"}), Words{"/tmp"});
  EXPECT_EQ(places_in_use({"no-such-program"}), Words{});
  setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace halfopen
