// Decides whether an asynchronous run may finish inline, on the event loop's own thread.
//
// A promise that another thread answers costs the event loop's wake-up from its poll, several times what a
// short run itself takes. So a run is done inline when the runs before it, with the same shapes, stayed under
// a stated bound. What a run will take cannot be known, only expected: after a run that overstays, the next
// ones go to the run thread until some have shown themselves short again, four times as many at each further
// overrun (up to 1,024). A small overrun that stands alone is taken for the machine's noise.
//
// A run done inline settles without a turn of the event loop, so `for (;;) await run()` would never let a
// timer, a socket or a finalizer through: after 256 inline runs, or some milliseconds of them, the next one
// is handed over, and the loop turns.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace run {

class InlinePolicy {
 public:
  using Clock = std::chrono::steady_clock;

  explicit InlinePolicy(std::chrono::nanoseconds bound) : bound_(bound) {}

  bool Allows() const noexcept {
    return short_runs_ >= needed_ && burst_ < kMostInARow && burst_time_ < kLongestBurst;
  }

  // New shapes say nothing of the old ones' times.
  void Forget() noexcept { short_runs_ = 0; }

  void Record(std::chrono::nanoseconds took, bool was_inline) noexcept {
    burst_ = was_inline ? burst_ + 1 : 0;
    burst_time_ = was_inline ? burst_time_ + took : std::chrono::nanoseconds::zero();
    if (took < bound_) {
      ++short_runs_;
      return;
    }
    if (was_inline) {
      const bool noise = short_runs_ >= needed_ + kAloneAfter && took < kLongestNoise;
      needed_ = noise ? kNeeded : std::min(needed_ * 4, kMostNeeded);
    }
    short_runs_ = 0;
  }

 private:
  static constexpr int kMostInARow = 256;
  static constexpr std::chrono::nanoseconds kLongestBurst = std::chrono::milliseconds(4);
  static constexpr int64_t kNeeded = 2;
  static constexpr int64_t kMostNeeded = 1024;
  static constexpr int64_t kAloneAfter = 64;  // short runs in a row
  static constexpr std::chrono::nanoseconds kLongestNoise = std::chrono::milliseconds(5);

  std::chrono::nanoseconds bound_;
  // Inline runs since the event loop surely turned, and what they took.
  int burst_ = 0;
  std::chrono::nanoseconds burst_time_{0};
  int64_t short_runs_ = 0;  // in a row
  int64_t needed_ = kNeeded;
};

}  // namespace run
