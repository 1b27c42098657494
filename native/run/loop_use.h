// What the event loop does while the run thread runs. Where it has nothing else to do, a run on its own
// thread delays nothing, and saves the time to hand the run over.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "thread_use.h"

namespace run {

// Of the JS thread.
class LoopUse {
 public:
  // What it takes of the event loop at most to queue a run, to sleep, and to wake.
  static constexpr std::chrono::nanoseconds kHandingOver = std::chrono::microseconds(60);

  // A run of the run thread, from the call on.
  class HandOver {
   public:
    HandOver() = default;
    // `beside`: other jobs of the event loop are in flight.
    explicit HandOver(bool beside) noexcept : beside_(beside), begin_(ThreadUse::Now()) {}

   private:
    friend class LoopUse;
    bool beside_ = false;
    std::optional<ThreadUse> begin_;
  };

  // Whether it had nothing else to do in the last runs.
  bool Idle() const noexcept { return idle_ == kNeeded; }

  // When the run has ended, which on a busy machine may be before the event loop came to sleep.
  void Record(const HandOver& hand_over, std::chrono::nanoseconds took) noexcept {
    if (!hand_over.begin_) return;
    const ThreadUse use = ThreadUse::Now();
    const bool slept = use.waits != hand_over.begin_->waits;
    const std::chrono::nanoseconds most = slept ? kHandingOver + took / 8 : took / 2;
    const bool worked = use.cpu - hand_over.begin_->cpu >= most;
    if (!worked && !hand_over.beside_) {
      idle_ = std::min(idle_ + 1, kNeeded);
    } else {
      // What worked once may be garbage collection, or an interrupt.
      idle_ = Idle() && !hand_over.beside_ ? kNeeded - kConfirming : 0;
    }
  }

 private:
  static constexpr int kNeeded = 16;  // runs in a row
  static constexpr int kConfirming = 2;

  int idle_ = 0;
};

}  // namespace run
