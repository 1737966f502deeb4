#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "library/parts.h"
#include "sim/os/kernel.h"
#include "sim/os/socket_option.h"
#include "sim/tcp/sysctl.h"

namespace ho {
namespace {

using halfopen::CallResult;
using halfopen::Errno;

constexpr Result failure(Errno error) { return -static_cast<Result>(error); }

halfopen::OsProfile profile_of(const HostConfig& config) {
  const halfopen::OsProfile* row = halfopen::find_profile(config.profile);
  if (row == nullptr) throw std::invalid_argument{"no profile '" + config.profile + "'"};
  halfopen::OsProfile profile = *row;
  for (const auto& [name, value] : config.sysctls) {
    using What = halfopen::SysctlOutcome::What;
    const halfopen::SysctlOutcome outcome = halfopen::set_sysctl(profile, name, value);
    if (outcome.what == What::bad_value) {
      throw std::invalid_argument{name + ": expected " + outcome.expected + ", found '" + value + "'"};
    }
    if (outcome.what == What::unknown || outcome.what == What::other_family) {
      throw std::invalid_argument{"no sysctl '" + name + "' of " + config.profile};
    }
  }
  return profile;
}

halfopen::ModelHostConfig config_of(const HostConfig& config) {
  constexpr std::uint16_t kLeastMtu = 68;     // RFC 791
  constexpr std::uint16_t kLeastMtu6 = 1280;  // RFC 8200
  const auto address = halfopen::IpAddress::parse(config.address);
  if (!address) throw std::invalid_argument{"no IP address '" + config.address + "'"};
  const std::uint16_t least = address->is_v6() ? kLeastMtu6 : kLeastMtu;
  if (config.mtu < least) {
    throw std::invalid_argument{"expected an MTU of at least " + std::to_string(least) + ", found " +
                                std::to_string(config.mtu)};
  }
  return {.id = halfopen::HostId::client,
          .address = *address,
          .profile = profile_of(config),
          .mtu = config.mtu,
          .seed = config.seed,
          .program = {},
          .starts = {}};
}

Result result_of(const CallResult& result, int if_blocked) {
  if (result.failed()) return failure(result.error);
  if (result.blocked && result.value == 0) return -if_blocked;
  return result.value;
}

constexpr int kAgain = static_cast<int>(Errno::again);

}  // namespace

halfopen::TimePoint to_point(Time time) {
  if (time < Time::zero()) throw std::invalid_argument{"a time before time zero"};
  return halfopen::kTimeZero + time;
}

Host::Parts::Parts(const HostConfig& config)
    : pool{std::make_unique<halfopen::BlockPool>()},
      own{std::make_unique<halfopen::ModelHost>(config_of(config), *pool, nullptr)},
      host{own.get()} {
  host->boot(halfopen::kTimeZero);
  boots = host->boots();
}

Host::Parts::Parts(halfopen::ModelHost& of_world, const halfopen::World& of)
    : host{&of_world}, world{&of}, boots{of_world.boots()} {}

halfopen::TimePoint Host::Parts::enter(Time now) {
  const halfopen::TimePoint at = to_point(now);
  if (world != nullptr ? at != world->now() : at < last) {
    throw std::invalid_argument{world != nullptr ? "the time of a world's host is the world's now()"
                                                 : "the time runs back"};
  }
  last = at;
  if (!host->is_up() || boots != host->boots()) descriptors.clear();
  boots = host->boots();
  return at;
}

halfopen::TimePoint Host::Parts::enter_alone(Time now) {
  if (world != nullptr) throw std::logic_error{"the packets and the clock of a world's host are the world's"};
  return enter(now);
}

halfopen::Socket* Host::Parts::find(int fd) const {
  const auto slot = static_cast<std::size_t>(fd);
  if (fd < 0 || slot >= descriptors.size()) return nullptr;
  return host->is_up() && boots == host->boots() ? descriptors[slot] : nullptr;
}

Result Host::Parts::add(halfopen::Socket& socket) {
  auto free = std::ranges::find(descriptors, nullptr);
  if (free == descriptors.end()) free = descriptors.insert(free, nullptr);
  *free = &socket;
  return free - descriptors.begin();
}

template <class Call>
Result Host::Parts::on_socket(Time now, int fd, int if_blocked, Call call) {
  const halfopen::TimePoint at = enter(now);
  if (!host->is_up()) return failure(Errno::netdown);
  halfopen::Socket* found = find(fd);
  return found == nullptr ? failure(Errno::badf) : result_of(call(at, *found), if_blocked);
}

Host::Host(const HostConfig& config) : parts_{std::make_unique<Parts>(config)} {}
Host::Host(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Host::~Host() = default;
Host::Host(Host&&) noexcept = default;
Host& Host::operator=(Host&&) noexcept = default;

bool Host::input(Time now, std::span<const std::uint8_t> packet) {
  const halfopen::TimePoint at = parts_->enter_alone(now);
  halfopen::ParseIssue issue;
  std::optional<halfopen::Packet> parsed = halfopen::parse(packet, *parts_->pool, issue);
  if (!parsed) return false;
  if (parts_->capture != nullptr) {
    parts_->capture->parts_->on_packet({.at = at,
                                        .from = halfopen::HostId::server,
                                        .fate = halfopen::PacketFate::delivered,
                                        .packet = &*parsed});
  }
  parts_->host->receive(at, std::move(*parsed));
  return true;
}

bool Host::poll(Time now, std::vector<std::uint8_t>& packet) {
  const halfopen::TimePoint at = parts_->enter_alone(now);
  halfopen::Packet out;
  if (!parts_->host->poll_packet(at, out)) return false;
  packet.resize(halfopen::wire_size(out));
  halfopen::emit(out, packet);
  if (parts_->capture != nullptr) {
    parts_->capture->parts_->on_packet({.at = at,
                                        .from = halfopen::HostId::client,
                                        .fate = halfopen::PacketFate::delivered,
                                        .packet = &out});
  }
  return true;
}

void Host::advance(Time now) {
  const halfopen::TimePoint at = parts_->enter_alone(now);
  if (parts_->host->next_deadline() <= at) parts_->host->fire_timers(at);
}

Time Host::next_deadline() const { return from_point(parts_->host->next_deadline()); }

void Host::tap(Capture* capture) { parts_->capture = capture; }

void Host::crash(Time now) { parts_->host->crash(parts_->enter(now)); }

void Host::reboot(Time now) { parts_->host->reboot(parts_->enter(now)); }

bool Host::is_up() const { return parts_->host->is_up(); }

Result Host::socket(Time now) {
  parts_->enter(now);
  return is_up() ? parts_->add(parts_->host->sockets().create()) : failure(Errno::netdown);
}

Result Host::bind(Time now, int fd, std::uint16_t port) {
  return parts_->on_socket(now, fd, kAgain, [&](halfopen::TimePoint, halfopen::Socket& socket) {
    return parts_->host->sockets().bind(socket, {parts_->host->config().address, port});
  });
}

Result Host::listen(Time now, int fd, unsigned backlog) {
  return parts_->on_socket(now, fd, kAgain, [&](halfopen::TimePoint, halfopen::Socket& socket) {
    return parts_->host->sockets().listen(socket, backlog);
  });
}

Result Host::connect(Time now, int fd, std::string_view address, std::uint16_t port) {
  return parts_->on_socket(now, fd, static_cast<int>(Errno::inprogress),
                           [&](halfopen::TimePoint at, halfopen::Socket& socket) {
                             const auto remote = halfopen::IpAddress::parse(address);
                             return remote ? parts_->host->sockets().connect(at, socket, {*remote, port})
                                           : CallResult::failure(Errno::inval);
                           });
}

Result Host::accept(Time now, int fd) {
  halfopen::Socket* accepted = nullptr;
  const Result result =
      parts_->on_socket(now, fd, kAgain, [&](halfopen::TimePoint, halfopen::Socket& socket) {
        return parts_->host->sockets().accept(socket, accepted);
      });
  return accepted != nullptr ? parts_->add(*accepted) : result;
}

Result Host::read(Time now, int fd, std::span<std::uint8_t> into) {
  return parts_->on_socket(now, fd, kAgain, [&](halfopen::TimePoint at, halfopen::Socket& socket) {
    return parts_->host->sockets().read(at, socket, into);
  });
}

Result Host::write(Time now, int fd, std::span<const std::uint8_t> bytes) {
  return parts_->on_socket(now, fd, kAgain, [&](halfopen::TimePoint at, halfopen::Socket& socket) {
    return parts_->host->sockets().write(at, socket, bytes);
  });
}

Result Host::shutdown(Time now, int fd) {
  return parts_->on_socket(now, fd, kAgain, [&](halfopen::TimePoint at, halfopen::Socket& socket) {
    return parts_->host->sockets().shutdown(at, socket, halfopen::ShutdownHow::write);
  });
}

Result Host::close(Time now, int fd) {
  return parts_->on_socket(now, fd, kAgain, [&](halfopen::TimePoint at, halfopen::Socket& socket) {
    parts_->descriptors[static_cast<std::size_t>(fd)] = nullptr;
    return parts_->host->sockets().close(at, socket, halfopen::CloseBy::exit);
  });
}

Result Host::setsockopt(Time now, int fd, std::string_view option, std::int64_t value) {
  return parts_->on_socket(now, fd, kAgain, [&](halfopen::TimePoint at, halfopen::Socket& socket) {
    const auto known = halfopen::socket_option_from(option);
    if (!known || *known == halfopen::SocketOption::so_error) return CallResult::failure(Errno::noprotoopt);
    return parts_->host->sockets().set_option(at, socket, *known, value);
  });
}

Result Host::getsockopt(Time now, int fd, std::string_view option) {
  return parts_->on_socket(now, fd, kAgain, [&](halfopen::TimePoint, halfopen::Socket& socket) {
    const auto known = halfopen::socket_option_from(option);
    return known ? parts_->host->sockets().get_option(socket, *known)
                 : CallResult::failure(Errno::noprotoopt);
  });
}

unsigned Host::readiness(int fd) const {
  namespace ev = halfopen::poll_event;
  const halfopen::Socket* found = parts_->find(fd);
  if (found == nullptr) return 0;
  const unsigned bits = parts_->host->sockets().readiness(*found);
  // The model's bits are poll(2)'s, but for the one that does not fit a byte.
  return (bits & ~unsigned{ev::rdhup}) | ((bits & ev::rdhup) != 0 ? unsigned{peer_closed} : 0u);
}

std::string_view Host::state(int fd) const {
  const halfopen::Socket* found = parts_->find(fd);
  if (found != nullptr && found->listener != nullptr) return halfopen::to_string(halfopen::State::listen);
  const halfopen::Endpoint* endpoint = found != nullptr ? halfopen::Sockets::endpoint_of(*found) : nullptr;
  return halfopen::to_string(endpoint != nullptr ? endpoint->state() : halfopen::State::closed);
}

}  // namespace ho
