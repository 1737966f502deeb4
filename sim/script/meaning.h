// What values stand for on a system.
#pragma once

#include <cstdint>
#include <optional>

#include "sim/script/value.h"
#include "sim/why/os_family.h"
#include "sim/wire/address.h"

namespace halfopen::script {

// A number, a symbolic word, or several of them joined by |. nullopt for any other value, and for a word that
// the system does not have.
[[nodiscard]] std::optional<std::int64_t> number_of(const Value& value, OsFamily os);

// The first word within `value`, names of fields and calls aside, that the system does not have; nullptr if
// it has them all.
[[nodiscard]] const Value* unknown_word_in(const Value& value, OsFamily os);

// inet_addr("192.0.2.1"), inet6_addr("::1").
[[nodiscard]] std::optional<IpAddress> address_of(const Value& value);
// {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("192.0.2.1")}, or AF_INET6 with an IPv6
// address. nullopt for any other value.
[[nodiscard]] std::optional<SocketAddress> socket_address_of(const Value& value);
// AF_UNSPEC in an address's place.
[[nodiscard]] bool is_unspecified(const Value& value);

}  // namespace halfopen::script
