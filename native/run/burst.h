// The inline runs of a JS thread since its event loop has turned for certain.
//
// An inline run settles before the event loop turns, so `for (;;) await run()` would starve timers, sockets
// and finalizers: after 256 inline runs, or 2 ms of them, none follows until the loop has turned.
#pragma once

#include <chrono>

namespace run {

class Burst {
 public:
  // Whether another inline run may follow, which is expected to take so long.
  bool Allows(std::chrono::nanoseconds expected) const noexcept {
    return runs_ == 0 || (runs_ < kMostRuns && time_ + expected <= kLongest);
  }
  void Add(std::chrono::nanoseconds took) noexcept {
    ++runs_;
    time_ += took;
  }
  // The event loop has turned.
  void End() noexcept { *this = {}; }

 private:
  static constexpr int kMostRuns = 256;
  static constexpr std::chrono::nanoseconds kLongest = std::chrono::milliseconds(2);

  int runs_ = 0;
  std::chrono::nanoseconds time_{0};
};

}  // namespace run
