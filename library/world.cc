#include <array>
#include <stdexcept>
#include <utility>

#include "capture/note/note_text.h"
#include "library/parts.h"

namespace ho {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<halfopen::Note>> kKinds{
    "state", "timer", "call", "process", "timeline", "remark"};

// Tells what happens in words.
class Teller final : public halfopen::Observer {
 public:
  Teller(std::function<void(const Event&)> hear, halfopen::Names names)
      : hear_{std::move(hear)}, names_{std::move(names)} {}

  [[nodiscard]] bool wants_packets() const override { return false; }
  void on_packet(const halfopen::PacketNote&) override {}
  void on_note(const halfopen::Note& note) override {
    const auto at = std::visit([](const auto& one) { return one.at; }, note);
    hear_({.at = from_point(at), .kind = kKinds[note.index()], .text = halfopen::note_text(note, names_)});
  }

 private:
  std::function<void(const Event&)> hear_;
  halfopen::Names names_;
};

}  // namespace

struct World::Parts {
  // The observers come first: they outlive the world.
  std::unique_ptr<Teller> teller;
  std::unique_ptr<halfopen::World> world;
  std::optional<Host> client;
  std::optional<Host> server;
};

World::World(const Scenario& scenario, const WorldOptions& options) : parts_{std::make_unique<Parts>()} {
  const halfopen::Scenario& what = scenario.parts_->scenario;
  halfopen::RunInfo info = halfopen::run_info_of(what, what.facts(), HALFOPEN_VERSION);
  info.seed = options.seed.value_or(what.seed);
  halfopen::Observers observers;
  if (options.capture != nullptr) {
    options.capture->parts_->begin(info);
    observers.push_back(options.capture->parts_.get());
  }
  if (options.on_event) {
    parts_->teller = std::make_unique<Teller>(options.on_event, info.names());
    observers.push_back(parts_->teller.get());
  }
  parts_->world = std::make_unique<halfopen::World>(
      what, halfopen::WorldOptions{.seed = options.seed, .observers = observers});
  halfopen::World& world = *parts_->world;
  parts_->client.emplace(Host{std::make_unique<Host::Parts>(world.client(), world)});
  parts_->server.emplace(Host{std::make_unique<Host::Parts>(world.server(), world)});
}

World::~World() = default;
World::World(World&&) noexcept = default;
World& World::operator=(World&&) noexcept = default;

Time World::run() { return from_point(parts_->world->run()); }

void World::run_until(Time end) {
  const halfopen::TimePoint at = to_point(end);
  if (at < parts_->world->now()) throw std::invalid_argument{"the time runs back"};
  parts_->world->run_until(at);
}

Time World::now() const { return from_point(parts_->world->now()); }

Time World::next_event() const { return from_point(parts_->world->next_event()); }

Host& World::client() { return *parts_->client; }

Host& World::server() { return *parts_->server; }

}  // namespace ho
