// A growable ring buffer: a queue with random access that allocates nothing while it has never held anything
// and nothing per element once it has grown.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace halfopen {

template <class T>
class Ring {
 public:
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] T& operator[](std::uint32_t i) {
    assert(i < size_);
    return slots_[(head_ + i) & (capacity_ - 1)];
  }
  [[nodiscard]] const T& operator[](std::uint32_t i) const {
    assert(i < size_);
    return slots_[(head_ + i) & (capacity_ - 1)];
  }
  [[nodiscard]] T& front() { return (*this)[0]; }
  [[nodiscard]] const T& front() const { return (*this)[0]; }
  [[nodiscard]] T& back() { return (*this)[size_ - 1]; }
  [[nodiscard]] const T& back() const { return (*this)[size_ - 1]; }

  T& push_back(T value) {
    if (size_ == capacity_) grow();
    T& slot = slots_[(head_ + size_) & (capacity_ - 1)];
    slot = std::move(value);
    ++size_;
    return slot;
  }
  void pop_front() {
    assert(size_ > 0);
    slots_[head_] = T{};  // lets go of what the element holds
    head_ = (head_ + 1) & (capacity_ - 1);
    --size_;
  }
  void pop_back() {
    assert(size_ > 0);
    slots_[(head_ + size_ - 1) & (capacity_ - 1)] = T{};
    --size_;
  }
  // Inserts before index `i`; O(elements behind it).
  void insert(std::uint32_t i, T value) {
    push_back(std::move(value));
    for (std::uint32_t j = size_ - 1; j > i; --j) std::swap((*this)[j], (*this)[j - 1]);
  }
  // Removes index `i`; O(elements behind it).
  void erase(std::uint32_t i) {
    for (std::uint32_t j = i; j + 1 < size_; ++j) std::swap((*this)[j], (*this)[j + 1]);
    pop_back();
  }
  // Empties it and gives the memory back.
  void reset() { *this = Ring{}; }

 private:
  void grow() {
    const std::uint32_t wider = capacity_ == 0 ? 1 : capacity_ * 2;  // an idle connection's rings held one
    auto slots = std::make_unique<T[]>(wider);
    for (std::uint32_t i = 0; i < size_; ++i) slots[i] = std::move((*this)[i]);
    slots_ = std::move(slots);
    capacity_ = wider;
    head_ = 0;
  }

  std::unique_ptr<T[]> slots_;
  std::uint32_t head_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;  // a power of two, or 0
};

}  // namespace halfopen
