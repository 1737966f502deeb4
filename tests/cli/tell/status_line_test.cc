#include "cli/tell/status_line.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "cli/tell/stream.h"

namespace halfopen {
namespace {

// Standard error is a terminal of 40 columns as long as it lives.
class Terminal {
 public:
  Terminal() : master_{posix_openpt(O_RDWR | O_NOCTTY)}, standard_error_{dup(STDERR_FILENO)} {
    grantpt(master_);
    unlockpt(master_);
    const int slave = open(ptsname(master_), O_RDWR | O_NOCTTY);
    const winsize size{.ws_row = 24, .ws_col = 40, .ws_xpixel = 0, .ws_ypixel = 0};
    ioctl(slave, TIOCSWINSZ, &size);
    std::fflush(stderr);
    dup2(slave, STDERR_FILENO);
    close(slave);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    std::fflush(stderr);
    dup2(standard_error_, STDERR_FILENO);
    close(standard_error_);
    close(master_);
  }

  // What was written since the last call: up to a mark that is put behind it, since a terminal passes on in
  // its own time.
  std::string seen() {
    std::fflush(stderr);
    constexpr char kMark = '\x01';
    if (::write(STDERR_FILENO, &kMark, 1) != 1) return "cannot write";
    std::string bytes;
    for (char c = 0; ::read(master_, &c, 1) == 1 && c != kMark;) bytes += c;
    return bytes;
  }

 private:
  int master_;
  int standard_error_;
};

TEST(StatusLine, IsRewrittenInPlaceAndFitsTheTerminal) {
  Terminal terminal;
  show_status("12.0 s elapsed; last sent: retransmission 3, 1.6 s ago");
  EXPECT_EQ(terminal.seen(), "\r\x1b[K12.0 s elapsed; last sent: retransmissi") << "39 columns";
  show_status("short");
  EXPECT_EQ(terminal.seen(), "\r\x1b[Kshort");
  clear_status();
  EXPECT_EQ(terminal.seen(), "\r\x1b[K");
  clear_status();
  EXPECT_EQ(terminal.seen(), "") << "there is nothing left to erase";
}

TEST(StatusLine, IsErasedBeforeWhateverElseIsWritten) {
  Terminal terminal;
  show_status("working");
  put(stderr, "a line\n");
  EXPECT_EQ(terminal.seen(), "\r\x1b[Kworking\r\x1b[Ka line\r\n");
  show_status("working");
  complain("wrong");
  EXPECT_EQ(terminal.seen(), "\r\x1b[Kworking\r\x1b[Khalfopen: wrong\r\n");
  show_status("working");
  put(stdout, "\n");  // a ladder's line, on the same terminal as a rule
  EXPECT_EQ(terminal.seen(), "\r\x1b[Kworking\r\x1b[K");
}

TEST(StatusLine, CommandsOfStrangersMeanNothingInIt) {
  Terminal terminal;
  show_status("running \x1b[2Jx\n");
  EXPECT_EQ(terminal.seen().find("\x1b[2J"), std::string::npos);
  clear_status();
}

TEST(StatusLine, IsCutBetweenCharacters) {
  EXPECT_EQ(cut_to_columns("käse", 2), "kä");
  EXPECT_EQ(cut_to_columns("käse", 4), "käse");
  EXPECT_EQ(cut_to_columns("käse", 9), "käse");
  EXPECT_EQ(cut_to_columns("", 3), "");
  EXPECT_EQ(cut_to_columns("abc", 0), "");
}

}  // namespace
}  // namespace halfopen
