// Which system calls the language has.
#pragma once

#include <string>
#include <string_view>

#include "sim/script/script.h"

namespace halfopen::script {

// Of either dialect (their run_system_call.c), and accept4(), which they lack.
[[nodiscard]] bool is_known_call(std::string_view name);

// Throws InputError ("NAME:line:column: expected ..., found ...") for the first call that neither dialect
// has.
void check_calls(const Script& script, const std::string& name);

}  // namespace halfopen::script
