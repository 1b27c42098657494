// A static object that outlives all others: exit handlers and finalizers run while these are being destroyed.
#pragma once

#include <new>

// Made without an allocation, which could fail while the library is opened.
template <typename T>
class NeverDestroyed {
 public:
  NeverDestroyed() noexcept { new (storage_) T; }
  NeverDestroyed(const NeverDestroyed&) = delete;
  NeverDestroyed& operator=(const NeverDestroyed&) = delete;
  T* operator->() const noexcept { return std::launder(reinterpret_cast<T*>(storage_)); }
  T& operator*() const noexcept { return *operator->(); }

 private:
  alignas(T) mutable unsigned char storage_[sizeof(T)];
};
