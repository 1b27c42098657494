// Decides whether an asynchronous run may finish inline, on the event loop's own thread.
//
// A promise that another thread settles costs the event loop's wake-up, several times what a short run takes.
// So a run is inline when earlier runs with the same shapes were shorter than a bound. After a run that
// exceeds it, the next runs go to the run thread until some were short again: four times as many after each
// further run that exceeds it, at most 1,024. A single small excess counts as noise of the machine.
//
// An inline run settles before the event loop turns, so `for (;;) await run()` would starve timers, sockets
// and finalizers: after 256 inline runs, or some milliseconds of them, the next one goes to the run thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace run {

class InlinePolicy {
 public:
  explicit InlinePolicy(std::chrono::nanoseconds bound) : bound_(bound) {}

  bool Allows() const noexcept {
    return short_runs_ >= needed_ && burst_ < kMostInARow && burst_time_ < kLongestBurst;
  }

  // New shapes take other times.
  void Forget() noexcept { short_runs_ = 0; }

  // What a run takes.
  template <typename Run>
  static std::chrono::nanoseconds Time(Run&& run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    return std::chrono::steady_clock::now() - start;
  }

  // A run that throws is not recorded.
  template <typename Run>
  void RecordInline(Run&& run) {
    Record(Time(run), true);
  }

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
  // Inline runs since the event loop turned for certain, and their time.
  int burst_ = 0;
  std::chrono::nanoseconds burst_time_{0};
  int64_t short_runs_ = 0;  // in a row
  int64_t needed_ = kNeeded;
};

}  // namespace run
