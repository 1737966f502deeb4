// libhalfopen as its users have it: installed, found by CMake and pkg-config, called from C++ and from
// Python.
#include <gmock/gmock.h>

#include "tests/cli/installed.h"
#include "tests/support/tools.h"

namespace halfopen {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kTop{HALFOPEN_SOURCE_DIR};

#if defined(__SANITIZE_ADDRESS__)  // the library was built with sanitizers: who links it needs them, too
constexpr const char* kFlags = "-fsanitize=address,undefined";
// The sanitizer looks for the library's throw when it starts, so that one must be there, too.
constexpr const char* kPreload =
    "ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD=\"$(g++ -print-file-name=libasan.so) $(g++ "
    "-print-file-name=libstdc++.so.6)\" ";
#else
constexpr const char* kFlags = "";
constexpr const char* kPreload = "";
#endif

class Library : public test::InstalledTest {
 protected:
  // A shell in which $LIB is the directory of the installed library, and $WORK one of the test's own.
  [[nodiscard]] Outcome with_library(const std::string& command) const {
    return installed("LIB=$(dirname \"$(find \"$USR\" -name libhalfopen.so)\"); WORK='" +
                     work_.path().string() + "'; FLAGS='" + kFlags + "'; set -e; " + command);
  }

 private:
  test::Scratch work_;
};

// ETIMEDOUT after the crash, by whatever name the machine has for it.
constexpr const char* kSaysTimeout = "read gives -110";

TEST_F(Library, CMakeFindsItAndTheExampleRuns) {
  const Outcome outcome = with_library(
      "cmake -S '" + kTop +
      "/examples' -B \"$WORK/b\" -DCMAKE_PREFIX_PATH=\"$USR\" -DCMAKE_CXX_FLAGS=\"$FLAGS\" >/dev/null; "
      "cmake --build \"$WORK/b\" >/dev/null; \"$WORK/b/crash\"");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("connected\n"));
  EXPECT_THAT(outcome.out, HasSubstr(kSaysTimeout));
}

TEST_F(Library, PkgConfigFindsIt) {
  const Outcome outcome = with_library(
      "export PKG_CONFIG_PATH=\"$LIB/pkgconfig\"; "
      "g++ -std=c++20 -Wall -Wextra -Wconversion $FLAGS '" +
      kTop +
      "/examples/crash.cc' -o \"$WORK/crash\" "
      "$(pkg-config --cflags --libs halfopen); LD_LIBRARY_PATH=\"$LIB\" \"$WORK/crash\"");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr(kSaysTimeout));
}

TEST_F(Library, EveryHeaderStandsAloneAndTheCOneIsC) {
  const Outcome outcome = with_library(
      "for header in \"$USR\"/include/halfopen/*.h; do "
      "echo \"#include <halfopen/$(basename $header)>\" > \"$WORK/one.cc\"; "
      "g++ -std=c++20 -Wall -Wextra -Wpedantic -Werror -I\"$USR/include\" -fsyntax-only \"$WORK/one.cc\"; "
      "done; "
      "echo '#include <halfopen/halfopen.h>' > \"$WORK/one.c\"; "
      "gcc -std=c99 -Wall -Wextra -Wpedantic -Werror -I\"$USR/include\" -fsyntax-only \"$WORK/one.c\"");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(Library, ShowsItsOwnNamesOnly) {
  const Outcome names = with_library(
      "nm -DC --defined-only \"$LIB/libhalfopen.so\" | sed 's/^[0-9a-f]* . //' | grep -v '^ho::' | grep -v "
      "'^ho_' || true");
  EXPECT_THAT(names.out, IsEmpty());
  const Outcome count = with_library("nm -D --defined-only \"$LIB/libhalfopen.so\" | grep -c ' T ho_'");
  EXPECT_GT(std::stoi(count.out), 20);
}

TEST_F(Library, IsDrivenFromPython) {
  if (!test::has_tool("python3")) GTEST_SKIP() << "python3 is not installed";
  const Outcome outcome = with_library(std::string{kPreload} + "python3 '" + kTop +
                                       "/tests/cli/ctypes_hosts.py' \"$LIB/libhalfopen.so\"");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("does what its header says"));
}

// A world's capture is read by halfopen itself; a small program writes it.
TEST_F(Library, AWorldWritesACaptureThatHalfopenShows) {
  const Outcome outcome = with_library(R"(cat > "$WORK/world.cc" <<'END'
#include <halfopen/capture.h>
#include <halfopen/world.h>
#include <cstdio>
#include <fstream>
#include <sstream>
int main(int, char** argv) {
  std::ostringstream toml;
  toml << std::ifstream{argv[1]}.rdbuf();
  ho::Capture capture{argv[2]};
  int events = 0;
  ho::World world{ho::Scenario::parse(toml.str(), argv[1]),
                  {.capture = &capture, .on_event = [&](const ho::Event&) { ++events; }}};
  world.run();
  capture.finish();
  std::printf("%d events\n", events);
}
END
g++ -std=c++20 $FLAGS -I"$USR/include" "$WORK/world.cc" -o "$WORK/world" -L"$LIB" -lhalfopen
LD_LIBRARY_PATH="$LIB" "$WORK/world" "$USR/share/halfopen/scenarios/host-crash.toml" "$WORK/w.pcapng"
"$HALFOPEN" show "$WORK/w.pcapng" | tail -n +2 > "$WORK/theirs"
"$HALFOPEN" sim host-crash -q -w "$WORK/s.pcapng"
"$HALFOPEN" show "$WORK/s.pcapng" | tail -n +2 > "$WORK/ours"
cmp "$WORK/theirs" "$WORK/ours")");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_THAT(outcome.out, ::testing::Not(::testing::StartsWith("0 events")));
}

}  // namespace
}  // namespace halfopen
