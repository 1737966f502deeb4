// open(), pipe(), and the calls that move bytes between files, pipes and sockets.
#include <algorithm>
#include <utility>

#include "sim/drill/call_arguments.h"
#include "sim/drill/model_calls.h"
#include "sim/os/kernel.h"
#include "sim/script/meaning.h"
#include "sim/script/text.h"

namespace halfopen::drill {

using script::CallSpec;
using script::Value;
using Kind = ModelFiles::Kind;

// open("/tmp/file", O_RDONLY) = 5.
ModelCalls::Prepared ModelCalls::open(const CallSpec& call) {
  const std::optional<std::string> path = expected_bytes(call.arguments[0]);
  if (!path || number(call.arguments[1]) != word("O_RDONLY"))
    throw NotSupported{"the model opens files for reading only: open() of " +
                       script::text_of(call.arguments[0])};
  const std::int64_t named = script::number_of(call.result, host_.profile().family).value_or(-1);
  if (!files_.size_of(*path)) return fails(Errno::noent);
  if (named < 0) throw NotSupported{"open() whose result is not known"};
  files_.open(named, *path);
  return {.call = {}, .immediate = CallResult::of(named), .conclude = {}};
}

// pipe([5, 6]): the numbers that its ends have.
ModelCalls::Prepared ModelCalls::pipe(const CallSpec& call) {
  const Value& ends = call.arguments[0];
  if (ends.kind != Value::Kind::list || ends.items.size() != 2)
    throw NotSupported{"pipe() of " + script::text_of(ends)};
  files_.make_pipe(number(ends.items[0]), number(ends.items[1]));
  return {.call = {}, .immediate = CallResult::of(0), .conclude = {}};
}

// sendfile(socket, file, [offset], count): with an offset the file's own place stays.
ModelCalls::Prepared ModelCalls::sendfile(const CallSpec& call) {
  const std::int64_t file = number(call.arguments[1]);
  if (files_.kind_of(file) != Kind::file)
    return fails(files_.kind_of(file) == Kind::none && !has_descriptor(file) ? Errno::badf : Errno::inval);
  if (files_.kind_of(number(call.arguments[0])) != Kind::none)
    throw NotSupported{"the model has sendfile() to sockets only"};
  std::optional<std::size_t> from;
  if (!is_null(call.arguments[2])) from = byte_count(number(pointed_at(call.arguments[2])));
  bytes_ = files_.next(file, byte_count(number(call.arguments[3])), from);
  if (bytes_.empty()) return {.call = {}, .immediate = CallResult::of(0), .conclude = {}};
  Prepared prepared{.call = calls::write(descriptor(call), bytes_), .immediate = {}, .conclude = {}};
  if (!from)
    prepared.conclude = [this, file](const CallResult& result, Outcome&) {
      files_.skip(file, static_cast<std::size_t>(result.value));
    };
  return prepared;
}

// splice(from, NULL, to, NULL, count, flags): one of the two is a pipe.
ModelCalls::Prepared ModelCalls::splice(const CallSpec& call) {
  const std::int64_t from = number(call.arguments[0]);
  const std::int64_t to = number(call.arguments[2]);
  if (!is_null(call.arguments[1]) || !is_null(call.arguments[3]))
    throw NotSupported{"the model has splice() without offsets only"};
  const std::size_t most = byte_count(number(call.arguments[4]));
  const bool reads_pipe = files_.kind_of(from) == Kind::pipe_reader;
  const bool writes_pipe = files_.kind_of(to) == Kind::pipe_writer;
  if (!reads_pipe && !writes_pipe) return fails(Errno::inval);
  if (files_.kind_of(from) == Kind::none) return splice_from_socket(call, to, most);
  const std::size_t room = writes_pipe ? files_.room(to) : most;
  bytes_ = files_.next(from, std::min(most, room));
  const bool would_wait = bytes_.empty() && most > 0 && (reads_pipe || room == 0);
  if (would_wait) throw NotSupported{"splice() that waits for a pipe"};
  if (writes_pipe) {
    files_.put(to, bytes_);
    files_.skip(from, bytes_.size());
    return {
        .call = {}, .immediate = CallResult::of(static_cast<std::int64_t>(bytes_.size())), .conclude = {}};
  }
  const auto socket = descriptors_.find(to);
  Call write = calls::write(socket == descriptors_.end() ? -1 : socket->second, bytes_);
  write.flags.more = (number(call.arguments[5]) & word("SPLICE_F_MORE")) != 0;
  Prepared prepared{.call = write, .immediate = {}, .conclude = {}};
  prepared.conclude = [this, from](const CallResult& result, Outcome&) {
    files_.skip(from, static_cast<std::size_t>(result.value));
  };
  return prepared;
}

ModelCalls::Prepared ModelCalls::splice_from_socket(const CallSpec& call, std::int64_t writer,
                                                    std::size_t most) {
  const std::size_t room = std::min(most, files_.room(writer));
  if (room == 0 && most > 0) throw NotSupported{"splice() that waits for a pipe"};
  // In front of an urgent byte there is nothing to move (net/ipv4/tcp.c tcp_splice_read).
  const Endpoint* endpoint = endpoint_of(number(call.arguments[0]));
  if (endpoint != nullptr && endpoint->has_urgent_byte() && endpoint->at_urgent_mark())
    return {.call = {}, .immediate = CallResult::of(0), .conclude = {}};
  Prepared prepared = read_into(descriptor(call), room, 0, std::nullopt);
  prepared.conclude = [this, writer](const CallResult& result, Outcome&) {
    files_.put(writer, std::span{bytes_}.first(static_cast<std::size_t>(result.value)));
  };
  return prepared;
}

ModelCalls::Prepared ModelCalls::read_file(const CallSpec& call, std::optional<std::string> expected) {
  const std::int64_t file = number(call.arguments[0]);
  if (call.name != "read") return fails(Errno::notsock);
  if (files_.kind_of(file) == Kind::pipe_writer) return fails(Errno::badf);
  const std::size_t most = byte_count(number(call.arguments[2]));
  bytes_ = files_.next(file, most);
  if (bytes_.empty() && most > 0 && files_.kind_of(file) == Kind::pipe_reader)
    throw NotSupported{"read() that waits for a pipe"};
  files_.skip(file, bytes_.size());
  Prepared prepared{
      .call = {}, .immediate = CallResult::of(static_cast<std::int64_t>(bytes_.size())), .conclude = {}};
  prepared.conclude = [this, text = std::move(expected)](const CallResult&, Outcome& outcome) {
    compare_data(text, bytes_, outcome);
  };
  return prepared;
}

ModelCalls::Prepared ModelCalls::write_file(const CallSpec& call) {
  const std::int64_t file = number(call.arguments[0]);
  if (call.name != "write") return fails(Errno::notsock);
  if (files_.kind_of(file) != Kind::pipe_writer) return fails(Errno::badf);
  const std::size_t size = byte_count(number(call.arguments[2]));
  if (size > files_.room(file)) throw NotSupported{"write() that waits for a pipe"};
  files_.put(file, bytes_to_write(call.arguments[1], size));
  return {.call = {}, .immediate = CallResult::of(static_cast<std::int64_t>(size)), .conclude = {}};
}

}  // namespace halfopen::drill
