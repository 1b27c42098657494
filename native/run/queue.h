// A queue of objects that are each in one queue at a time: to add one allocates nothing, and cannot fail.
#pragma once

#include <cstddef>
#include <utility>

namespace run {

// What a queue of T links.
template <typename T>
class Queued {
  template <typename>
  friend class Queue;
  T* next_ = nullptr;
};

template <typename T>
class Queue {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  size_t size() const noexcept { return size_; }
  T* front() const noexcept { return first_; }

  void push_back(T* item) noexcept {
    Next(item) = nullptr;
    (last_ != nullptr ? Next(last_) : first_) = item;
    last_ = item;
    ++size_;
  }
  void push_front(T* item) noexcept {
    Next(item) = std::exchange(first_, item);
    if (last_ == nullptr) last_ = item;
    ++size_;
  }
  T* pop_front() noexcept {
    T* const item = first_;
    Remove(item);
    return item;
  }

  // Whether the item was in the queue.
  bool Remove(T* item) noexcept {
    T* before = nullptr;
    T* found = first_;
    while (found != nullptr && found != item) before = std::exchange(found, Next(found));
    if (found == nullptr) return false;
    (before != nullptr ? Next(before) : first_) = Next(item);
    if (last_ == item) last_ = before;
    --size_;
    return true;
  }

  template <typename Visit>
  void ForEach(Visit visit) const noexcept {
    for (T* item = first_; item != nullptr; item = Next(item)) visit(*item);
  }

 private:
  static T*& Next(T* item) noexcept { return static_cast<Queued<T>*>(item)->next_; }

  T* first_ = nullptr;
  T* last_ = nullptr;
  size_t size_ = 0;
};

}  // namespace run
