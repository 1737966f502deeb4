// The files that a sandbox's programs see: this machine's, but for names, processes, devices of the network,
// and places where the machine's services have their sockets.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "replay/sandbox/channel.h"
#include "sim/wire/address.h"

namespace halfopen {

// Of the places that are covered by empty ones of the sandbox's own, /run and /tmp, those that a program
// needs: our directory lies beneath one, the program is found there, or a word of its command names it.
[[nodiscard]] std::vector<std::string> places_in_use(const std::vector<std::string>& command);

// Furnishes the calling process's mount namespace, whose other namespaces are new, too. `names` are
// /etc/hosts; `in_use` stays as it is, but for its sockets. What this machine does not allow and a run can do
// without is told to the channel as "remark TEXT". Throws Cannot.
void furnish_files(Channel& channel, const std::vector<std::pair<std::string, IpAddress>>& names,
                   const std::vector<std::string>& in_use);

// For programs that are root in the sandbox, after furnish_files(): of /proc/sys they can write what is the
// network namespace's alone, and what they write below /tmp is gone with the sandbox, also where it is in
// use. What this machine does not allow is told to the channel as "remark TEXT". Throws Cannot.
void confine_root(Channel& channel, const std::vector<std::string>& in_use);

}  // namespace halfopen
