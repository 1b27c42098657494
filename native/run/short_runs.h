// Whether the next run is expected to be shorter than a bound, by the runs before it.
//
// After a run that exceeds the bound, some must be short again: four times as many after each further one on
// the event loop's thread that exceeds it twofold, at most 1,024. A single excess of milliseconds counts as
// noise of the machine.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace run {

class ShortRuns {
 public:
  explicit ShortRuns(std::chrono::nanoseconds bound) : bound_(bound) {}

  bool Expected() const noexcept { return in_a_row_ >= needed_; }
  bool Exceeds(std::chrono::nanoseconds took) const noexcept { return took >= bound_; }

  void Record(std::chrono::nanoseconds took) noexcept { in_a_row_ = took < bound_ ? in_a_row_ + 1 : 0; }

  // A run that held the event loop and exceeds the bound.
  void RecordExcess(std::chrono::nanoseconds took) noexcept {
    const bool alone = in_a_row_ >= needed_ + kAloneAfter && took < kLongestNoise;
    if (alone) needed_ = kNeeded;
    // A small excess costs the event loop no more than handing over would.
    if (!alone && took >= 2 * bound_) needed_ = std::min(needed_ * 4, kMostNeeded);
    in_a_row_ = 0;
  }

 private:
  static constexpr int64_t kNeeded = 2;
  static constexpr int64_t kMostNeeded = 1024;
  static constexpr int64_t kAloneAfter = 64;  // short runs in a row
  static constexpr std::chrono::nanoseconds kLongestNoise = std::chrono::milliseconds(5);

  std::chrono::nanoseconds bound_;
  int64_t in_a_row_ = 0;
  int64_t needed_ = kNeeded;
};

}  // namespace run
