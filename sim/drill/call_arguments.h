// What arguments of calls say to any host, whatever makes the call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/script/value.h"
#include "sim/why/os_family.h"

namespace halfopen::drill {

// A number, a word or several joined by | on a host of that system. Throws NotSupported (script_host.h), with
// the word that it has not or the whole value.
[[nodiscard]] std::int64_t number_for(const script::Value& value, OsFamily os);

// How many bytes a call moves. Throws NotSupported for what is less than none or more than 64 MB.
[[nodiscard]] std::size_t byte_count(std::int64_t size);

// [5] or [{...}]: what stands in the brackets; any other value itself.
[[nodiscard]] const script::Value& pointed_at(const script::Value& value);

// The bytes that a string stands for, which are to be read; nullopt where the script leaves them open: `...`,
// or a string that goes on.
[[nodiscard]] std::optional<std::string> expected_bytes(const script::Value& value);

// `size` bytes to be written: the string, then zeros.
[[nodiscard]] std::vector<std::uint8_t> bytes_to_write(const script::Value& value, std::size_t size);

// One buffer of an iovec: what stands in it, and how long it is.
struct IoBuffer {
  const script::Value* data = nullptr;
  std::size_t size = 0;
};
// [{..., 100}, {"abc", 3}], also with names: {iov_base=..., iov_len=100}. They point into `list`. Throws
// NotSupported.
[[nodiscard]] std::vector<IoBuffer> buffers_of(const script::Value& list, OsFamily os);

}  // namespace halfopen::drill
