#include "sim/tcp/receive_queue.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace halfopen {

void ReceiveQueue::append(Payload payload, std::uint32_t truesize) {
  readable_ += payload.size();
  truesize_ += truesize;
  ready_.push_back(Chunk{std::move(payload), truesize});
}

bool ReceiveQueue::insert(Seq seq, Payload payload, bool fin, std::uint32_t truesize) {
  if (beyond_ == nullptr) beyond_ = std::make_unique<Reassembly>();
  return beyond_->insert(seq, std::move(payload), fin, truesize);
}

Seq ReceiveQueue::pull(Seq edge, bool& fin) {
  if (beyond_ == nullptr) return edge;
  while (std::optional<Reassembly::Fragment> next = beyond_->pull(edge)) {
    fin |= next->fin;
    if (next->payload.empty()) continue;
    edge += next->payload.size();
    append(std::move(next->payload), next->truesize);
  }
  return edge;
}

void ReceiveQueue::pop_chunk() {
  truesize_ -= ready_.front().truesize;
  ready_.pop_front();
  front_offset_ = 0;
}

std::size_t ReceiveQueue::read(std::span<std::uint8_t> out) {
  std::size_t done = 0;
  while (done < out.size() && !ready_.empty()) {
    const Payload& front = ready_.front().payload;
    const std::size_t got = front.copy_to(front_offset_, out.subspan(done));
    done += got;
    front_offset_ += static_cast<std::uint32_t>(got);
    if (front_offset_ == front.size()) pop_chunk();
  }
  readable_ -= static_cast<std::uint32_t>(done);
  return done;
}

std::size_t ReceiveQueue::peek(std::span<std::uint8_t> out, std::size_t skip) const {
  std::size_t done = 0;
  std::size_t from = front_offset_ + skip;  // in the chunk that comes next
  for (std::uint32_t i = 0; i < ready_.size() && done < out.size(); ++i) {
    const Payload& payload = ready_[i].payload;
    if (from >= payload.size()) {
      from -= payload.size();
      continue;
    }
    done += payload.copy_to(static_cast<std::uint32_t>(from), out.subspan(done));
    from = 0;
  }
  return done;
}

std::size_t ReceiveQueue::discard(std::size_t most) {
  std::size_t done = 0;
  while (done < most && !ready_.empty()) {
    const std::uint32_t left = ready_.front().payload.size() - front_offset_;
    const auto take = static_cast<std::uint32_t>(std::min<std::size_t>(left, most - done));
    done += take;
    front_offset_ += take;
    if (take == left) pop_chunk();
  }
  readable_ -= static_cast<std::uint32_t>(done);
  return done;
}

void ReceiveQueue::clear() {
  ready_.reset();
  beyond_.reset();
  front_offset_ = readable_ = truesize_ = 0;
}

}  // namespace halfopen
