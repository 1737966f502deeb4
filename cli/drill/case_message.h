// What became of a case, between the process that plays it and the one that tells of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cli/drill/drill_run.h"
#include "replay/base/errors.h"

namespace halfopen {

// Bytes for case_from_message(). Why a packet left and which constants were behind it is of models, and
// stays.
[[nodiscard]] std::string message_of(const PlayedCase& played);
// Of what ended the play instead.
[[nodiscard]] std::string message_of(const Cannot& error);

// nullopt for bytes that are no whole message. Throws the Cannot that it is of.
[[nodiscard]] std::optional<PlayedCase> case_from_message(std::string_view bytes);

}  // namespace halfopen
