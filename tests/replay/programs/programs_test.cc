// The real programs, run over the loopback device: what they do, what they say, how they end.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace halfopen::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using Words = std::vector<std::string>;

constexpr int kPatienceMs = 20'000;
constexpr const char* kHost = "127.0.0.1";

void wait_for(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{kPatienceMs};
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error{"it did not come about"};
    ::poll(nullptr, 0, 1);
  }
}

// A descriptor of ours.
class Fd {
 public:
  explicit Fd(int fd) : fd_{fd >= 0 ? fd : throw std::runtime_error{"no descriptor"}} {}
  Fd(Fd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  ~Fd() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool readable(int within_ms = kPatienceMs) const {
    pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, within_ms) == 1;
  }
  // What one read() gives: nothing at the end, "errno N" after an error.
  [[nodiscard]] std::string read_once() const {
    if (!readable()) throw std::runtime_error{"nothing came"};
    std::array<char, 65536> buffer;
    const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
    return got < 0 ? "errno " + std::to_string(errno) : std::string{buffer.data(), buffer.data() + got};
  }
  // Until the text ends like this, or the stream ends.
  [[nodiscard]] std::string read_until(std::string_view end) const {
    std::string text;
    for (std::string piece; !(piece = read_once()).empty();) {
      text += piece;
      if (!end.empty() && text.ends_with(end)) break;
    }
    return text;
  }
  [[nodiscard]] std::string read_all() const { return read_until(""); }
  // Whether or not anybody is there.
  void send(std::string_view text) const {
    [[maybe_unused]] const ssize_t sent = ::write(fd_, text.data(), text.size());
  }

 private:
  int fd_;
};

// A TCP socket of the test on the loopback device; its one family has room for IPv4.
class Socket : public Fd {
 public:
  explicit Socket(const char* host) : Fd{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    address_.sin6_family = AF_INET6;
    const std::string v4_in_v6 = std::string{"::ffff:"} + host;
    ::inet_pton(AF_INET6, host[0] == ':' ? host : v4_in_v6.c_str(), &address_.sin6_addr);
  }
  // Takes a port, at which a server that sets SO_REUSEADDR may listen; with a backlog, listens there.
  std::uint16_t bind(int backlog = -1) {
    const int on = 1;
    socklen_t size = sizeof address_;
    ::setsockopt(get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool bound = ::bind(get(), any(), size) == 0 && ::getsockname(get(), any(), &size) == 0;
    if (!bound || (backlog >= 0 && ::listen(get(), backlog) != 0)) throw std::runtime_error{"not bound"};
    return ntohs(address_.sin6_port);
  }
  [[nodiscard]] Fd accept() const {
    if (!readable()) throw std::runtime_error{"nobody came"};
    return Fd{::accept4(get(), nullptr, nullptr, SOCK_CLOEXEC)};
  }
  // Once somebody listens there.
  Fd connect(std::uint16_t port) && {
    address_.sin6_port = htons(port);
    wait_for([this] { return ::connect(get(), any(), sizeof address_) == 0; });
    return std::move(*this);
  }

 private:
  sockaddr* any() { return reinterpret_cast<sockaddr*>(&address_); }
  sockaddr_in6 address_{};
};

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  int made = ::pipe2(ends.data(), O_CLOEXEC);
  Fd from{ends[0]};
  Fd to{ends[1]};
};

// One of the real programs. Nothing of it is left when this goes.
class Program {
 public:
  Program(const std::string& name, Words words, const char* host, std::uint16_t port) {
    ::signal(SIGPIPE, SIG_IGN);
    words.insert(words.begin(), std::string{HALFOPEN_PROGRAMS "/"} + name);
    words.insert(words.end(), {host, std::to_string(port)});
    pid_ = ::fork();
    if (pid_ == 0) become(words);
    ::setpgid(pid_, pid_);
    for (Fd* end : {&in_.from, &out_.to, &err_.to}) end->close();
  }
  ~Program() {
    ::kill(-pid_, SIGKILL);
    if (!waited_) ::waitpid(pid_, nullptr, 0);
  }

  void type(const std::string& text) { in_.to.send(text); }
  void close_input() { in_.to.close(); }
  [[nodiscard]] const Fd& out() const { return out_.from; }
  [[nodiscard]] const Fd& err() const { return err_.from; }
  void signal(int number) const { ::kill(pid_, number); }
  // Exit status; 128 + the signal where one ended it.
  int wait() {
    int status = 0;
    wait_for([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; });
    waited_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  // Waits until it has a child that it has not reaped, or has none. The child, or 0.
  pid_t child(bool wanted = true) const {
    const std::string pid = std::to_string(pid_);
    pid_t child = 0;
    const std::string file = "/proc/" + pid + "/task/" + pid + "/children";
    wait_for([&] { return static_cast<bool>(std::ifstream{file} >> child) == wanted; });
    return child;
  }
  // A socket option of its first socket, which it has as descriptor 3.
  template <class Value = int>
  [[nodiscard]] Value option(int level, int name) const {
    const Fd process{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
    const Fd socket{static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), 3, 0))};
    Value value{};
    socklen_t size = sizeof value;
    if (::getsockopt(socket.get(), level, name, &value, &size) != 0) throw std::runtime_error{"no option"};
    return value;
  }

 private:
  // Signals are left to it as badly as a parent can leave them.
  [[noreturn]] void become(Words& words) const {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::setpgid(0, 0);
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    for (const int number : {SIGTERM, SIGCHLD}) ::signal(number, SIG_IGN);
    ::dup2(in_.from.get(), STDIN_FILENO);
    ::dup2(out_.to.get(), STDOUT_FILENO);
    ::dup2(err_.to.get(), STDERR_FILENO);
    ::close_range(3, ~0U, 0);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }

  Pipe in_, out_, err_;
  pid_t pid_ = -1;
  bool waited_ = false;
};

// A client with the test as its server.
struct Client : Socket {
  explicit Client(const Words& options, const std::string& name = "line-client")
      : Socket{kHost}, program{name, options, kHost, bind(1)} {}
  Program program;
  Fd peer = accept();
};

// A server with the test as its client.
struct Server : Socket {
  explicit Server(const std::string& name, const Words& options = {}, const char* at = kHost)
      : Socket{at}, host{at}, port{bind()}, program{name, options, at, port} {}
  [[nodiscard]] Fd connect() const { return Socket{host}.connect(port); }
  // Says something, ends, and gives what it is told.
  [[nodiscard]] std::string ask(const std::string& text) const {
    const Fd talk = connect();
    talk.send(text);
    ::shutdown(talk.get(), SHUT_WR);
    return talk.read_all();
  }
  const char* host;
  std::uint16_t port;
  Program program;
};

const std::string kTerminated = "line-client: server terminated prematurely\n";

TEST(LineClientAndEchoServer, TalkUntilTheInputEnds) {
  int no_v6 = 1;
  std::ifstream{"/proc/sys/net/ipv6/conf/lo/disable_ipv6"} >> no_v6;
  for (const char* host : {kHost, no_v6 != 0 ? kHost : "::1"}) {
    const Server server{"echo-server", {}, host};
    EXPECT_EQ(server.ask("x"), "x");
    Program client{"line-client", {}, host, server.port};
    client.type("hello\n");
    EXPECT_EQ(client.out().read_until("\n"), "hello\n");
    client.close_input();
    EXPECT_EQ(client.wait(), 0);
    EXPECT_EQ(client.err().read_all(), "");
  }
}

TEST(LineClientAndEchoServer, TellWhenTheChildIsKilledAndTheServerGoesOn) {
  const Server server{"echo-server"};
  EXPECT_EQ(server.ask("x"), "x");
  server.program.child(false);  // reaped
  Program client{"line-client", {}, kHost, server.port};
  client.type("one\n");
  EXPECT_EQ(client.out().read_until("\n"), "one\n");
  ::kill(server.program.child(), SIGKILL);
  server.program.child(false);
  client.type("two\n");
  EXPECT_EQ(client.wait(), 1);
  EXPECT_EQ(client.err().read_all(), kTerminated);
  EXPECT_EQ(server.ask("y"), "y");
}

TEST(LineClient, SendsLineAfterLineThoughAPipeBringsThemTogether) {
  Client client{{}};
  client.program.type("one\ntwo\nrest");
  client.program.close_input();
  for (const std::string line : {"one\n", "two\n", "rest"}) {
    EXPECT_EQ(client.peer.read_once(), line);
    client.peer.send("ok\n");
  }
  EXPECT_EQ(client.program.wait(), 0);
  EXPECT_EQ(client.program.out().read_all(), "ok\nok\nok\n");
}

TEST(LineClient, WatchingSeesTheEndAtOnce) {
  Client client{{"--watch"}};
  client.program.type("one\ntwo\n");
  EXPECT_EQ(client.peer.read_until("two\n"), "one\ntwo\n");
  client.peer.send("answer\n");
  EXPECT_EQ(client.program.out().read_until("\n"), "answer\n");
  client.peer.close();
  EXPECT_EQ(client.program.wait(), 1);
  EXPECT_EQ(client.program.err().read_all(), kTerminated);
}

TEST(LineClient, KeepingGoingDiesOfSigpipeUnlessItIgnoresIt) {
  for (const bool ignores : {false, true}) {
    Client client{ignores ? Words{"--keep-going", "--ignore-sigpipe"} : Words{"--keep-going"}};
    client.peer.close();
    std::string line = kTerminated;
    for (int typed = 0; typed < 1000 && line == kTerminated; ++typed) {  // the reset comes when it comes
      client.program.type("more\n");
      line = client.program.err().read_until("\n");
    }
    EXPECT_EQ(line, ignores ? "line-client: write error: Broken pipe\n" : "");
    EXPECT_EQ(client.program.wait(), ignores ? 1 : 128 + SIGPIPE);
  }
}

TEST(LineClient, WatchingAndKeepingGoingLooksAtTheSocketNoMore) {
  Client client{{"--watch", "--keep-going", "--ignore-sigpipe"}};
  client.peer.close();
  EXPECT_EQ(client.program.err().read_until("\n"), kTerminated);
  for (int ms = 0; ms < kPatienceMs && !client.program.err().readable(1); ++ms) client.program.type("more\n");
  EXPECT_EQ(client.program.err().read_all(), "line-client: write error: Broken pipe\n");
  EXPECT_EQ(client.program.wait(), 1);
}

TEST(LineClient, NeverReadingOnlyWrites) {
  Client client{{"--never-reads", "--watch"}};
  client.peer.send("unasked\n");
  client.program.type("one\ntwo\n");
  EXPECT_EQ(client.peer.read_until("two\n"), "one\ntwo\n");
  client.program.close_input();
  EXPECT_EQ(client.program.wait(), 0);
  EXPECT_EQ(client.program.out().read_all(), "");
}

TEST(LineClient, WaitsBeforeItReadsAndGivesUpWhenThatTimesOut) {
  Client client{{"--read-delay", "50.5", "--read-timeout", "50"}};
  const auto begin = std::chrono::steady_clock::now();
  client.program.type("one\n");
  EXPECT_EQ(client.program.wait(), 1);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 50500us);
  EXPECT_EQ(client.program.err().read_all(), "line-client: read error: Resource temporarily unavailable\n");
}

TEST(LineClient, SetsItsSocketOptionsInTheirUnits) {
  Words words{"--read-timeout", "1500"};
  for (const char* word :
       {"SO_KEEPALIVE=true", "TCP_KEEPIDLE=10", "TCP_KEEPINTVL=2", "TCP_KEEPCNT=3", "TCP_NODELAY=1",
        "TCP_USER_TIMEOUT=5", "SO_RCVBUF=8192", "SO_SNDBUF=9000", "SO_LINGER=7", "SO_RCVTIMEO=9"}) {
    words.insert(words.end(), {"--sockopt", word});
  }
  const Client client{words};
  const auto so = [&](int name) { return client.program.option(SOL_SOCKET, name); };
  const auto tcp = [&](int name) { return client.program.option(IPPROTO_TCP, name); };
  const std::vector keepalive{so(SO_KEEPALIVE), tcp(TCP_KEEPIDLE), tcp(TCP_KEEPINTVL), tcp(TCP_KEEPCNT)};
  EXPECT_THAT(keepalive, ElementsAre(1, 10, 2, 3));
  const std::vector others{tcp(TCP_NODELAY), tcp(TCP_USER_TIMEOUT), so(SO_RCVBUF), so(SO_SNDBUF)};
  EXPECT_THAT(others, ElementsAre(1, 5, 2 * 8192, 2 * 9000));  // buffers are doubled (socket(7))
  EXPECT_EQ(client.program.option<linger>(SOL_SOCKET, SO_LINGER).l_linger, 7);
  const auto timeout = client.program.option<timeval>(SOL_SOCKET, SO_RCVTIMEO);  // --read-timeout comes last
  EXPECT_EQ(timeout.tv_sec * 1'000'000 + timeout.tv_usec, 1'500'000);
}

TEST(BulkClient, WritesItsBytesUnlessItCannot) {
  Client client{{"--bytes", "1000001"}, "bulk-client"};
  EXPECT_EQ(client.peer.read_all().size(), 1'000'001U);
  EXPECT_EQ(client.program.wait(), 0);
  Client stopped{{"--bytes", "100000000"}, "bulk-client"};
  EXPECT_TRUE(stopped.peer.readable());
  stopped.peer.close();  // with data unread: a reset
  EXPECT_EQ(stopped.program.wait(), 1);
  EXPECT_EQ(stopped.program.err().read_all(), "bulk-client: write error: Connection reset by peer\n");
}

TEST(Servers, ReadEverythingOrNothing) {
  EXPECT_EQ(Server{"sink"}.ask(std::string(8'000'000, 'x')), "");
  const Server server{"stalled-server"};
  const Fd talk = server.connect();
  talk.send("x");
  ::kill(server.program.child(), SIGTERM);
  EXPECT_EQ(talk.read_once(), "errno " + std::to_string(ECONNRESET));  // the mark of unread data
}

TEST(ReplyServer, AnswersAtOnceOrPerLineOrPerRequest) {
  EXPECT_EQ((Server{"reply-server", {"--reply", "hi", "--reply-when=at-once"}}.ask("")), "hi");
  EXPECT_EQ((Server{"reply-server", {"--reply", "ok\n"}}.ask("one\ntwo\nthr")), "ok\nok\n");
  const Server http{"reply-server", {"--reply=HTTP/1.0 204\r\n\r\n", "--reply-when", "per-request"}};
  EXPECT_EQ(http.ask("GET / HTTP/1.0\r\nHost: x\r\n\r\nGET"), "HTTP/1.0 204\r\n\r\n");
}

TEST(ForkingServer, DiesOfSigtermOrCloses) {
  for (const bool closes : {false, true}) {
    Server server{"echo-server", {"--sigterm", closes ? "closes" : "dies"}};
    const Fd talk = server.connect();
    const pid_t child = server.program.child();
    server.program.signal(SIGTERM);
    EXPECT_EQ(server.program.wait(), closes ? 0 : 128 + SIGTERM);
    talk.send("x");
    EXPECT_EQ(talk.read_once(), "x");  // the child was not asked
    ::kill(child, SIGTERM);
    EXPECT_EQ(talk.read_once(), "");
  }
}

TEST(ForkingServer, IgnoresSigterm) {
  const Server server{"echo-server", {"--sigterm", "ignores"}};
  const Fd talk = server.connect();
  ::kill(server.program.child(), SIGTERM);
  server.program.signal(SIGTERM);
  talk.send("x");
  EXPECT_EQ(talk.read_once(), "x");
  EXPECT_EQ(server.ask("y"), "y");
}

TEST(ForkingServer, HasItsBacklog) {
  const Server server{"sink", {"--backlog", "3"}};
  const Fd talk = server.connect();
  // Of a listening socket this is the queue's size (Linux: net/ipv4/tcp.c tcp_get_info).
  EXPECT_EQ(server.program.option<tcp_info>(IPPROTO_TCP, TCP_INFO).tcpi_sacked, 3U);
}

}  // namespace
}  // namespace halfopen::test
