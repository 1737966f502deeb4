#include "sim/run/model_host.h"

#include <algorithm>
#include <utility>

#include "sim/apps/registry.h"
#include "sim/os/kernel.h"

namespace halfopen {
namespace {

// One configuration for each address from which a program is to connect.
std::vector<ProgramConfig> programs_of(const ModelHostConfig& config) {
  const std::optional<AddressRange>& addresses = config.starts.addresses;
  if (!addresses) return {config.program};
  const std::uint64_t used = std::min<std::uint64_t>(addresses->size(), config.starts.count);
  std::vector<ProgramConfig> programs(used, config.program);
  for (std::uint64_t i = 0; i < used; ++i) programs[i].local_address = addresses->at(i);
  return programs;
}

TimePoint after(TimePoint start, Duration wait) { return wait >= kNever - start ? kNever : start + wait; }

}  // namespace

ModelHost::ModelHost(ModelHostConfig config, BlockPool& pool, Observer* observer)
    : config_{std::move(config)},
      clock_{config_.profile.clock, config_.timer_phase},
      pool_{pool},
      observer_{observer},
      programs_{programs_of(config_)} {}

ModelHost::~ModelHost() = default;

void ModelHost::receive(TimePoint now, Packet&& packet) {
  const Packet taken = std::move(packet);  // what is swallowed gives its payload back
  if (kernel_ != nullptr) kernel_->stack().receive(now, taken);
}

void ModelHost::fire_timers(TimePoint now) {
  if (kernel_ == nullptr) return;
  kernel_->fire_timers(now);
  start_programs(now);
  if (kill_at_ <= now) {
    kill_at_ = kNever;
    kill(now, Victim::all, sig::kill);  // its last packets leave before the host goes dark
  } else if (dark_at_ <= now) {
    crash(now);
  }
}

bool ModelHost::run_programs(TimePoint now) { return kernel_ != nullptr && kernel_->run_programs(now); }

bool ModelHost::run_woken(TimePoint now) { return kernel_ != nullptr && kernel_->run_woken(now); }

bool ModelHost::poll_packet(TimePoint now, Packet& out) {
  return kernel_ != nullptr && kernel_->stack().poll_packet(now, out);
}

TimePoint ModelHost::next_deadline() const {
  if (kernel_ == nullptr) return kNever;
  return std::min({kernel_->next_deadline(), start_at_, kill_at_, dark_at_});
}

void ModelHost::boot(TimePoint now) {
  const OsRules& rules = rules_of(config_.profile);
  const HostFacts facts{
      .id = config_.id,
      .address = config_.address,
      .addresses = config_.starts.addresses.value_or(AddressRange{config_.address, config_.address}),
      .mtu = config_.mtu,
      .profile = config_.profile,
      .rules = rules,
      .clock = clock_,
      .pool = pool_,
      .observer = observer_};
  const Identity identity{config_.profile, rules, clock_, config_.seed, boots_++, now};
  kernel_ = std::make_unique<Kernel>(facts, identity);
  started_ = 0;
  start_at_ = make_program(config_.program) && config_.starts.count > 0 ? now : kNever;
  start_programs(now);
}

void ModelHost::start_programs(TimePoint now) {
  while (start_at_ <= now) {
    const ProgramConfig& program = programs_[started_ % programs_.size()];
    kernel_->start(now, program.name, make_program(program));
    start_at_ = ++started_ < config_.starts.count ? after(start_at_, config_.starts.interval) : kNever;
  }
}

void ModelHost::type(TimePoint, std::string_view text) {
  if (kernel_ != nullptr) kernel_->type(text);
}

void ModelHost::close_input(TimePoint) {
  if (kernel_ != nullptr) kernel_->close_input();
}

void ModelHost::kill(TimePoint now, Victim victim, int signal) {
  for_each_victim(victim, [&](Process& process) { kernel_->processes().signal(now, process, signal); });
}

void ModelHost::freeze(TimePoint now, Victim victim) { kill(now, victim, sig::stop); }

void ModelHost::thaw(TimePoint now, Victim victim) { kill(now, victim, sig::cont); }

void ModelHost::for_each_victim(Victim victim, const std::function<void(Process&)>& hit) {
  if (kernel_ == nullptr) return;
  Processes& processes = kernel_->processes();
  if (Process* child = victim == Victim::child ? processes.newest_forked() : nullptr) return hit(*child);
  for (const std::uint32_t pid : victim == Victim::all ? processes.alive() : processes.alive_programs()) {
    // Another's death may have ended it.
    if (Process* process = processes.find(pid)) hit(*process);
  }
}

void ModelHost::crash(TimePoint now) {
  if (kernel_ == nullptr) return;
  kernel_->stack().forget_everything(now);
  kernel_.reset();
  start_at_ = kill_at_ = dark_at_ = kNever;
}

void ModelHost::reboot(TimePoint now) {
  crash(now);
  boot(now);
}

void ModelHost::shut_down(TimePoint now, Duration grace, Duration dark) {
  if (kernel_ == nullptr) return;
  start_at_ = kNever;
  kill_at_ = after(now, grace);
  dark_at_ = kill_at_ == kNever ? kNever : after(kill_at_, dark);
  kill(now, Victim::all, sig::term);
}

bool ModelHost::all_exited() const {
  return kernel_ == nullptr || (start_at_ == kNever && !kernel_->processes().any_alive());
}

void ModelHost::each_connection(
    const std::function<void(const FourTuple&, const Endpoint::Info&)>& visit) const {
  if (kernel_ == nullptr) return;
  kernel_->stack().each_connection([&visit](const Connection& connection) {
    visit(connection.endpoint().addresses(), connection.endpoint().info());
  });
}

Sockets& ModelHost::sockets() { return kernel_->sockets(); }

Syscalls& ModelHost::syscalls() { return kernel_->syscalls(); }

}  // namespace halfopen
