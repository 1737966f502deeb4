#include "capture/note/run_info.h"

#include <utility>

#include "sim/scenario/scenario.h"

namespace halfopen {

RunInfo run_info_of(const Scenario& scenario, const RunFacts& facts, std::string version) {
  HostInfo client{.id = HostId::client,
                  .address = scenario.client.address,
                  .kind = facts.client_kind,
                  .os = facts.client_os,
                  .profile = facts.client_profile,
                  .program = scenario.client.program.name};
  HostInfo server{.id = HostId::server,
                  .address = scenario.server.address,
                  .kind = facts.server_kind,
                  .os = facts.server_os,
                  .profile = facts.server_profile,
                  .program = scenario.server.program.name};
  HostInfo router;
  router.id = HostId::router;
  router.address = scenario.path.router;
  return {.version = std::move(version),
          .scenario = scenario.title,
          .seed = scenario.seed,
          .hosts = {std::move(client), std::move(server), std::move(router)}};
}

}  // namespace halfopen
