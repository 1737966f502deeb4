// Two hosts, a wire of 10 ms, and a crash: when does the client learn that the server is gone?
#include <halfopen/host.h>

#include <algorithm>
#include <cstdio>
#include <deque>

using namespace std::chrono_literals;

int main() {
  ho::Host client{{.profile = "linux", .address = "10.9.0.1"}};
  ho::Host server{{.profile = "linux", .address = "10.9.0.2"}};
  struct Flight {
    ho::Time arrival;
    ho::Host* to;
    std::vector<std::uint8_t> packet;
  };
  std::deque<Flight> wire;
  ho::Time now{};
  // Carries packets and lets timers run, until `end` or until a call on the client's socket might go on.
  const auto run = [&](ho::Time end, auto is_done) {
    for (std::vector<std::uint8_t> packet; !is_done();) {
      while (client.poll(now, packet)) wire.push_back({now + 10ms, &server, packet});
      while (server.poll(now, packet)) wire.push_back({now + 10ms, &client, packet});
      now = std::min(
          {end, client.next_deadline(), server.next_deadline(), wire.empty() ? end : wire.front().arrival});
      if (now == end) return;
      for (; !wire.empty() && wire.front().arrival <= now; wire.pop_front())
        wire.front().to->input(now, wire.front().packet);
      client.advance(now);
      server.advance(now);
    }
  };
  const int listener = static_cast<int>(server.socket(now)), fd = static_cast<int>(client.socket(now));
  server.bind(now, listener, 9998);
  server.listen(now, listener, 1);
  client.connect(now, fd, "10.9.0.2", 9998);
  run(1s, [&] { return client.state(fd) == "ESTABLISHED"; });
  std::printf("%8.3f s  connected\n", std::chrono::duration<double>{now}.count());
  server.crash(now);
  const std::vector<std::uint8_t> line{'h', 'i', '\n'};
  client.write(now, fd, line);
  run(24h, [&] { return (client.readiness(fd) & ho::failed) != 0; });
  std::vector<std::uint8_t> into(16);
  std::printf("%8.3f s  read gives %d\n", std::chrono::duration<double>{now}.count(),
              int(client.read(now, fd, into)));
}
