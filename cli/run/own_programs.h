// Where the programs that run on real kernels are, and the guest's init.
#pragma once

#include <string>

namespace halfopen {

// The path of the running executable. Throws Trouble if the system does not say.
[[nodiscard]] std::string own_path();

// The directory with line-client, the servers and guest-init: that of the executable, as in a build tree, or
// libexec/halfopen of the prefix in which it is installed, found from where the executable is. Throws Trouble
// with both places if they are in neither.
[[nodiscard]] std::string own_programs();

}  // namespace halfopen
