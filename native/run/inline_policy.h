// Decides whether an asynchronous run may finish inline, on the event loop's own thread.
//
// A promise that another thread answers costs the event loop's wake-up from its poll, several times what a
// short run itself takes. So a run is done inline when the runs before it, with the same shapes, stayed under
// a stated bound. What a run will take cannot be known, only expected: a run that overstays sends the next
// ones to the run thread, four times as many at each further overrun (up to 1,024), until they have shown
// themselves short again.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace run {

class InlinePolicy {
 public:
  using Clock = std::chrono::steady_clock;

  explicit InlinePolicy(std::chrono::nanoseconds bound) : bound_(bound) {}

  bool Allows() const noexcept { return short_runs_ >= needed_ && burst_ < kMostInARow && burst_time_ < kLongestBurst; }

  // New shapes say nothing of the old ones' times.
  void Forget() noexcept { short_runs_ = 0; }

  void Record(std::chrono::nanoseconds took, bool was_inline) noexcept {
    burst_ = was_inline ? burst_ + 1 : 0;
    burst_time_ = was_inline ? burst_time_ + took : std::chrono::nanoseconds::zero();
    if (took < bound_) {
      if (++short_runs_ - needed_ > kForgivenAfter) needed_ = kNeeded;
    } else {
      if (was_inline) needed_ = std::min(needed_ * 4, kMostNeeded);
      short_runs_ = 0;
    }
  }

 private:
  static constexpr int kMostInARow = 256;
  static constexpr std::chrono::nanoseconds kLongestBurst = std::chrono::milliseconds(1);
  static constexpr int64_t kNeeded = 2;
  static constexpr int64_t kMostNeeded = 1024;
  static constexpr int64_t kForgivenAfter = 4096;

  std::chrono::nanoseconds bound_;
  // Inline runs since the event loop surely turned, and what they took.
  int burst_ = 0;
  std::chrono::nanoseconds burst_time_{0};
  int64_t short_runs_ = 0;                  // in a row
  int64_t needed_ = kNeeded;
};

}  // namespace run
