// `--show` and `--hide`: which rungs of a run's ladder are told.
#pragma once

#include <string>
#include <vector>

#include "capture/tell/ladder.h"

namespace halfopen {

// Lays lists of words, "packets,calls", over `options`. `shown`: of kinds that are named only these are told,
// of hosts that are named only their calls, processes and states. `hidden`: these are not. Kinds are packets,
// calls, polls (calls that wait for readiness), processes, states and timeline; hosts are client and server.
// Throws InputError, with the option's name, for any other word.
void choose_rungs(const std::vector<std::string>& shown, const std::vector<std::string>& hidden,
                  LadderOptions& options);

}  // namespace halfopen
