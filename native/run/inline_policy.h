// Decides whether an asynchronous run may finish inline, on the event loop's own thread.
//
// A promise that another thread settles costs the event loop's wake-up, several times what a short run takes.
// So a run is inline when it is expected to be shorter than a bound, and below a larger one where the event
// loop would only wait for it.
//
// After a burst of inline runs the next ones are on that thread too, in the event loop's next turn:
// everything else is served before.
//
// On a busy machine other threads get the CPU in the middle of a short run. A read of the thread's own time
// costs as much as a short run, so the first excess only begins to measure it, for the next runs.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include "burst.h"
#include "loop_use.h"
#include "short_runs.h"
#include "thread_use.h"

namespace run {

struct InlineBounds {
  std::chrono::nanoseconds always;
  std::chrono::nanoseconds idle_loop;  // while the event loop has nothing else to do
};

enum class Place {
  kInline,
  kNextTurn,  // of the event loop, on its thread
  kRunThread,
};

class InlinePolicy {
 public:
  InlinePolicy(const InlineBounds& bounds, Burst& burst)
      : burst_(burst),
        adapts_(kCountsThreadCpu && bounds.idle_loop > bounds.always),
        short_(bounds.always),
        longer_(bounds.idle_loop) {}

  // Where the next run is to be. `beside`: other jobs of the event loop are in flight.
  Place Choose(bool beside) noexcept {
    const bool is_short = short_.Expected();
    if (!is_short && !(adapts_ && !beside && loop_.Idle() && longer_.Expected())) return Place::kRunThread;
    if (burst_.Allows(expected_)) return Place::kInline;
    // What the event loop does is seen only while another thread runs.
    if (!is_short && ++longer_in_turns_ >= kSeen) {
      longer_in_turns_ = 0;
      return Place::kRunThread;
    }
    return Place::kNextTurn;
  }
  // A run has waited so long for the event loop's turn: a loop that has other work is looked at again.
  void RecordWait(std::chrono::nanoseconds waited) noexcept {
    if (waited > LoopUse::kHandingOver) longer_in_turns_ = kSeen;
  }
  // Whether a burst allows the next run.
  bool BurstAllows() const noexcept { return burst_.Allows(expected_); }

  // What the next run will take, by those before it; zero before the first.
  std::chrono::nanoseconds Expected() const noexcept { return expected_; }

  // `run` returns whether it has run. One that has not, or that throws, teaches nothing.
  template <typename Run>
  bool RecordInline(Run&& run) {
    const auto before = measured_ > 0 ? std::optional(ThreadUse::Now()) : std::nullopt;
    bool ran = false;
    const Clock::time_point start = Clock::now();
    try {
      ran = run();
    } catch (...) {
      burst_.Add(Clock::now() - start);
      throw;
    }
    const std::chrono::nanoseconds elapsed = Clock::now() - start;
    burst_.Add(elapsed);
    if (!ran) return false;
    std::optional<std::chrono::nanoseconds> own;
    if (before) own = OwnTime(*before, ThreadUse::Now(), elapsed);
    RecordTime(elapsed, own);
    return true;
  }

  // A run of the run thread, when it is handed over and when it has ended.
  LoopUse::HandOver Begin(bool beside) const noexcept {
    return adapts_ ? LoopUse::HandOver(beside) : LoopUse::HandOver();
  }
  void Record(std::chrono::nanoseconds took, const LoopUse::HandOver& hand_over) noexcept {
    loop_.Record(hand_over, took);
    Learn(took);
    short_.Record(took);
    longer_.Record(took);
  }

 private:
  using Clock = std::chrono::steady_clock;
  // Until a thread that was interrupted runs on.
  static constexpr std::chrono::nanoseconds kLongestPause = std::chrono::milliseconds(100);
  static constexpr int kMeasured = 64;
  static constexpr int kSeen = 64;

  // What interrupts a run may take many times as long as the run.
  void Learn(std::chrono::nanoseconds took) noexcept {
    expected_ = expected_.count() == 0 ? took : expected_ + (std::min(took, 2 * expected_) - expected_) / 4;
  }

  // An inline run, and what it took of the thread itself, if that was measured.
  void RecordTime(std::chrono::nanoseconds elapsed, std::optional<std::chrono::nanoseconds> own) noexcept {
    const std::chrono::nanoseconds took = own.value_or(elapsed);
    Learn(took);
    if (own) --measured_;
    const bool is_short = short_.Expected();
    ShortRuns& allowed = is_short ? short_ : longer_;
    if (!allowed.Exceeds(took)) {
      short_.Record(took);
      longer_.Record(took);
    } else if (!own && elapsed < kLongestPause) {
      measured_ = kMeasured;
    } else {
      allowed.RecordExcess(took);
      (is_short ? longer_ : short_).Record(took);
    }
  }

  Burst& burst_;
  const bool adapts_;
  ShortRuns short_;
  ShortRuns longer_;
  LoopUse loop_;
  std::chrono::nanoseconds expected_{0};
  int longer_in_turns_ = 0;
  int measured_ = 0;  // so many of the next inline runs are measured by the thread's own time
};

// The policies of a session, by the shapes of its inputs: bindings and runs of the same shapes learn
// together. The burst is of the JS thread.
class InlinePolicies {
 public:
  InlinePolicies(const InlineBounds& bounds, Burst& burst) : bounds_(bounds), burst_(burst) {}

  const std::shared_ptr<InlinePolicy>& Get(uint64_t shapes) {
    // What is in use lives on. A session of ever new shapes learns nothing of them.
    if (policies_.size() >= kMost && !policies_.contains(shapes)) policies_.clear();
    std::shared_ptr<InlinePolicy>& policy = policies_[shapes];
    if (policy == nullptr) policy = std::make_shared<InlinePolicy>(bounds_, burst_);
    return policy;
  }

 private:
  static constexpr size_t kMost = 64;

  InlineBounds bounds_;
  Burst& burst_;
  std::unordered_map<uint64_t, std::shared_ptr<InlinePolicy>> policies_;
};

// Identifies the types and shapes of a session's inputs.
class ShapesHash {
 public:
  void Add(int64_t value) noexcept { hash_ = (hash_ ^ static_cast<uint64_t>(value)) * 0x100000001b3; }
  template <typename Dims>
  void Add(int64_t type, const Dims& dims) noexcept {
    Add(type);
    for (const int64_t dim : dims) Add(dim);
  }
  uint64_t get() const noexcept { return hash_; }

 private:
  uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace run
