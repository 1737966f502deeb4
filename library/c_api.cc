// The C interface: each function is the C++ one with its exceptions caught.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "library/halfopen/halfopen.h"
#include "library/parts.h"

struct ho_host {
  ho::Host* host = nullptr;  // its own, or a world's
  std::unique_ptr<ho::Host> own{};
  std::vector<std::uint8_t> kept{};  // a packet for which there was no room
};

struct ho_world {
  std::unique_ptr<ho::Capture> capture{};  // before the world, which writes to it
  std::unique_ptr<ho::World> world{};
  ho_host client{};
  ho_host server{};
  bool is_finished = false;
};

namespace {

using ho::Time;

// errno.h's numbers are another machine's: these are Linux's on x86-64, as in sim/base/errno.h.
constexpr int kBadMessage = 74;
constexpr int kTooLong = 90;
constexpr int kInvalid = 22;
constexpr int kNoMemory = 12;
constexpr int kIo = 5;

template <class Call>
auto guarded(const void* handle, Call call) noexcept -> std::invoke_result_t<Call> {
  using Value = std::invoke_result_t<Call>;
  if (handle == nullptr) return Value{-kInvalid};
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return Value{-kNoMemory};
  } catch (const std::logic_error&) {  // std::invalid_argument among them
    return Value{-kInvalid};
  } catch (...) {
    return Value{-kIo};
  }
}

void tell(const char* what, char* message, size_t room) {
  if (message == nullptr || room == 0) return;
  const size_t size = std::min(std::strlen(what), room - 1);
  std::memcpy(message, what, size);
  message[size] = '\0';
}

// Makes something, or tells why not.
template <class Make>
auto made(char* message, size_t room, Make make) noexcept -> std::invoke_result_t<Make> {
  try {
    return make();
  } catch (const std::exception& error) {
    tell(error.what(), message, room);
  } catch (...) {
    tell("unknown error", message, room);
  }
  return nullptr;
}

std::string_view text_of(const char* text) { return text == nullptr ? std::string_view{} : text; }

// "tcp_retries2=8;tcp_sack=0".
std::vector<std::pair<std::string, std::string>> sysctls_of(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> sysctls;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos) {
      throw std::invalid_argument{"sysctls: expected NAME=VALUE, found '" + std::string{one} + "'"};
    }
    sysctls.emplace_back(one.substr(0, equals), one.substr(equals + 1));
  }
  return sysctls;
}

std::span<const std::uint8_t> bytes_of(const void* bytes, size_t size) {
  if (bytes == nullptr && size > 0) throw std::invalid_argument{"no bytes"};
  return {static_cast<const std::uint8_t*>(bytes), size};
}

}  // namespace

const char* ho_version(void) { return HALFOPEN_VERSION; }

ho_host* ho_host_new(const char* profile, const char* address, uint64_t seed, const char* sysctls,
                     char* message, size_t room) {
  return made(message, room, [&] {
    auto host = std::make_unique<ho_host>();
    host->own = std::make_unique<ho::Host>(ho::HostConfig{.profile = std::string{text_of(profile)},
                                                          .address = std::string{text_of(address)},
                                                          .seed = seed,
                                                          .sysctls = sysctls_of(text_of(sysctls))});
    host->host = host->own.get();
    return host.release();
  });
}

void ho_host_free(ho_host* host) { delete host; }

int ho_input(ho_host* host, int64_t now, const void* packet, size_t size) {
  return guarded(
      host, [&]() -> int { return host->host->input(Time{now}, bytes_of(packet, size)) ? 0 : -kBadMessage; });
}

int64_t ho_poll(ho_host* host, int64_t now, void* packet, size_t room) {
  return guarded(host, [&]() -> int64_t {
    if (host->kept.empty() && !host->host->poll(Time{now}, host->kept)) return 0;
    const size_t size = host->kept.size();
    if (size > room || packet == nullptr) return -kTooLong;
    std::memcpy(packet, host->kept.data(), size);
    host->kept.clear();
    return static_cast<int64_t>(size);
  });
}

int ho_advance(ho_host* host, int64_t now) {
  return guarded(host, [&]() -> int {
    host->host->advance(Time{now});
    return 0;
  });
}

int64_t ho_next_deadline(const ho_host* host) {
  return guarded(host, [&]() -> int64_t { return host->host->next_deadline().count(); });
}

int ho_crash(ho_host* host, int64_t now) {
  return guarded(host, [&]() -> int {
    host->host->crash(Time{now});
    host->kept.clear();  // it had not left
    return 0;
  });
}

int ho_reboot(ho_host* host, int64_t now) {
  return guarded(host, [&]() -> int {
    host->host->reboot(Time{now});
    host->kept.clear();
    return 0;
  });
}

int ho_socket(ho_host* host, int64_t now) {
  return guarded(host, [&] { return static_cast<int>(host->host->socket(Time{now})); });
}

int ho_bind(ho_host* host, int64_t now, int fd, uint16_t port) {
  return guarded(host, [&] { return static_cast<int>(host->host->bind(Time{now}, fd, port)); });
}

int ho_listen(ho_host* host, int64_t now, int fd, unsigned backlog) {
  return guarded(host, [&] { return static_cast<int>(host->host->listen(Time{now}, fd, backlog)); });
}

int ho_connect(ho_host* host, int64_t now, int fd, const char* address, uint16_t port) {
  return guarded(
      host, [&] { return static_cast<int>(host->host->connect(Time{now}, fd, text_of(address), port)); });
}

int ho_accept(ho_host* host, int64_t now, int fd) {
  return guarded(host, [&] { return static_cast<int>(host->host->accept(Time{now}, fd)); });
}

int64_t ho_read(ho_host* host, int64_t now, int fd, void* into, size_t room) {
  return guarded(host, [&]() -> int64_t {
    if (into == nullptr && room > 0) return -kInvalid;
    return host->host->read(Time{now}, fd, {static_cast<std::uint8_t*>(into), room});
  });
}

int64_t ho_write(ho_host* host, int64_t now, int fd, const void* bytes, size_t size) {
  return guarded(host, [&]() -> int64_t { return host->host->write(Time{now}, fd, bytes_of(bytes, size)); });
}

int ho_shutdown(ho_host* host, int64_t now, int fd) {
  return guarded(host, [&] { return static_cast<int>(host->host->shutdown(Time{now}, fd)); });
}

int ho_close(ho_host* host, int64_t now, int fd) {
  return guarded(host, [&] { return static_cast<int>(host->host->close(Time{now}, fd)); });
}

int ho_setsockopt(ho_host* host, int64_t now, int fd, const char* option, int64_t value) {
  return guarded(
      host, [&] { return static_cast<int>(host->host->setsockopt(Time{now}, fd, text_of(option), value)); });
}

int64_t ho_getsockopt(ho_host* host, int64_t now, int fd, const char* option) {
  return guarded(host, [&]() -> int64_t { return host->host->getsockopt(Time{now}, fd, text_of(option)); });
}

int ho_readiness(const ho_host* host, int fd) {
  return guarded(host, [&] { return static_cast<int>(host->host->readiness(fd)); });
}

const char* ho_state(const ho_host* host, int fd) {
  return host == nullptr ? nullptr : host->host->state(fd).data();  // a literal's
}

ho_world* ho_world_new(const char* scenario, const char* capture, char* message, size_t room) {
  return made(message, room, [&] {
    auto world = std::make_unique<ho_world>();
    if (capture != nullptr) world->capture = std::make_unique<ho::Capture>(capture);
    world->world = std::make_unique<ho::World>(ho::Scenario::parse(text_of(scenario)),
                                               ho::WorldOptions{.capture = world->capture.get()});
    world->client.host = &world->world->client();
    world->server.host = &world->world->server();
    return world.release();
  });
}

void ho_world_free(ho_world* world) { delete world; }

int64_t ho_world_run(ho_world* world) {
  return guarded(world,
                 [&]() -> int64_t { return world->is_finished ? -kInvalid : world->world->run().count(); });
}

int ho_world_run_until(ho_world* world, int64_t end) {
  return guarded(world, [&]() -> int {
    if (world->is_finished) return -kInvalid;
    world->world->run_until(Time{end});
    return 0;
  });
}

int64_t ho_world_now(const ho_world* world) {
  return guarded(world, [&]() -> int64_t { return world->world->now().count(); });
}

int ho_world_finish(ho_world* world) {
  return guarded(world, [&]() -> int {
    world->is_finished = true;
    if (world->capture) world->capture->finish();
    return 0;
  });
}

ho_host* ho_world_host(ho_world* world, int server) {
  if (world == nullptr) return nullptr;
  return server != 0 ? &world->server : &world->client;
}
