// Waits without sleeping, which saves the wake-up.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
#include <intrin.h>
#endif

namespace run {

inline void Pause() noexcept {
#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
  _mm_pause();
#elif defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) && !defined(_MSC_VER)
  asm volatile("yield");
#else
  std::this_thread::yield();
#endif
}

inline void SpinUntil(const std::atomic<bool>& flag, std::chrono::nanoseconds spin) noexcept {
  if (spin.count() <= 0) return;
  const auto until = std::chrono::steady_clock::now() + spin;
  do {
    for (int i = 0; i < 32; ++i) {
      if (flag.load(std::memory_order_acquire)) return;
      Pause();
    }
    std::this_thread::yield();
  } while (std::chrono::steady_clock::now() < until);
}

}  // namespace run
