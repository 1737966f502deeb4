// One function a command. Each returns the process's exit status; bad input and files that fail are thrown as
// InputError and Trouble.
#pragma once

#include <string>

#include "cli/line/options.h"

namespace CLI {
class App;  // its header takes longer to compile than all of ours together
}

namespace halfopen {

int run_list();
int run_sim(const RunOptions& options);
int run_kernel(const RunOptions& options);
int run_check(const CheckOptions& options);
int run_doctor_command();
int run_compare(const CompareCommand& command);
int run_vm(const VmOptions& options);
int run_show(const ShowOptions& options);
int run_packetdrill(const DrillOptions& options);
int run_profiles(const ProfilesOptions& options);
// Prints the completion script of "bash", "zsh" or "fish" for the command line `app`.
int run_completions(const CLI::App& app, const std::string& shell);

}  // namespace halfopen
