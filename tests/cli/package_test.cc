// The Debian packages that cpack makes of this build: what lintian says, installed and removed again.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>

#include "tests/cli/process.h"
#include "tests/support/scratch.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;

// Packs them into a directory of its own.
class Packages {
 public:
  Packages() {
    packed_ = shell("cpack --config '" HALFOPEN_BUILD_DIR "/CPackConfig.cmake' -B '" + made_.path().string() +
                    "' 2>&1");
    if (packed_.status != 0) return;
    for (const auto& entry : fs::directory_iterator{made_.path()}) {
      if (entry.path().extension() == ".deb") files_.push_back(entry.path());
    }
    std::ranges::sort(files_);
  }
  [[nodiscard]] const Outcome& packed() const { return packed_; }
  // halfopen, libhalfopen-dev, libhalfopen0.
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }
  [[nodiscard]] std::string quoted_files() const {
    std::string words;
    for (const std::string& file : files_) words += " '" + file + "'";
    return words;
  }

 private:
  test::Scratch made_;
  Outcome packed_;
  std::vector<std::string> files_;
};

// A root file system with nothing in it but dpkg's own books.
class Root {
 public:
  Root() {
    fs::create_directories(path() / "var/lib/dpkg/info");
    fs::create_directories(path() / "var/lib/dpkg/updates");
    write_bytes(path() / "var/lib/dpkg/status", "");
    write_bytes(path() / "var/lib/dpkg/available", "");
  }
  [[nodiscard]] fs::path path() const { return scratch_.path(); }
  // Nobody's rights are needed: in a user namespace its owner may give files to root. What the packages
  // depend on is this machine's.
  [[nodiscard]] Outcome dpkg(const std::string& what) const {
    const std::string as_root = geteuid() == 0 ? "" : "unshare --map-root-user ";
    return shell("PATH=$PATH:/usr/sbin:/sbin; " + as_root + "dpkg --root='" + path().string() +
                 "' --force-depends --force-script-chrootless --log=/dev/null " + what + " 2>&1");
  }
  // Everything outside dpkg's books, as paths from the root.
  [[nodiscard]] std::vector<std::string> left() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator{path()}) {
      const std::string name = entry.path().lexically_relative(path());
      if (!name.starts_with("var")) found.push_back(name);
    }
    return found;
  }

 private:
  test::Scratch scratch_;
};

void expect_fields(const Packages& packages) {
  const auto field = [](const std::string& file, const std::string& name) {
    return shell("dpkg-deb -f '" + file + "' " + name).out;
  };
  EXPECT_THAT(field(packages.files()[0], "Package Section"),
              AllOf(HasSubstr("Package: halfopen\n"), HasSubstr("Section: net\n")));
  EXPECT_THAT(field(packages.files()[0], "Depends"), AllOf(HasSubstr("libc6 (>= "), HasSubstr("libpcap")));
  EXPECT_THAT(field(packages.files()[1], "Depends"), HasSubstr("libhalfopen0 (= "));
  EXPECT_THAT(field(packages.files()[2], "Package"), HasSubstr("libhalfopen0"));
}

void expect_lintian_is_silent(const Packages& packages) {
  const Outcome outcome =
      shell("lintian --allow-root --fail-on error,warning" + packages.quoted_files() + " 2>&1");
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_THAT(outcome.out, IsEmpty());
}

void expect_installed_and_removed(const Packages& packages) {
  const Root root;
  const Outcome in = root.dpkg("-i" + packages.quoted_files());
  ASSERT_EQ(in.status, 0) << in.out;
  EXPECT_THAT(
      root.left(),
      IsSupersetOf(
          {"usr/bin/halfopen", "usr/libexec/halfopen/line-client", "usr/share/man/man1/halfopen.1.gz",
           "usr/share/man/man5/halfopen-scenario.5.gz", "usr/share/bash-completion/completions/halfopen",
           "usr/share/zsh/vendor-completions/_halfopen", "usr/share/fish/vendor_completions.d/halfopen.fish",
           "usr/share/halfopen/scenarios/host-crash.toml", "usr/share/doc/halfopen/copyright",
           "usr/include/halfopen/world.h"}));
  const std::string usr = (root.path() / "usr").string();
  const Outcome run =
      shell("'" + usr + "/bin/halfopen' sim -q '" + usr + "/share/halfopen/scenarios/host-crash.toml'");
  EXPECT_EQ(run.status, 0) << run.out << run.err;
  EXPECT_THAT(shell("cd '" + usr + "' && echo lib/*/libhalfopen.so.0").out, HasSubstr("libhalfopen.so.0\n"));
  EXPECT_THAT(shell("zcat '" + usr + "/share/doc/halfopen/changelog.gz'").out, HasSubstr("halfopen ("));

  const Outcome out = root.dpkg("--purge halfopen libhalfopen-dev libhalfopen0");
  EXPECT_EQ(out.status, 0) << out.out;
  EXPECT_THAT(root.left(), IsEmpty());
}

TEST(DebianPackages, AreCleanWorkAndLeaveNothing) {
  for (const char* tool : {"cpack", "dpkg", "dpkg-deb", "dpkg-shlibdeps", "file", "gzip", "lintian"}) {
    if (!test::has_tool(tool)) GTEST_SKIP() << tool << " is not installed";
  }
  const Packages packages;
  ASSERT_EQ(packages.packed().status, 0) << packages.packed().out;
  ASSERT_THAT(packages.files(), SizeIs(3));
  expect_fields(packages);
  expect_lintian_is_silent(packages);
  expect_installed_and_removed(packages);
}

}  // namespace
}  // namespace halfopen
