#include "job.h"

#include "spin.h"

namespace run {

ort::Error ExitingError() { return {"ERR_EXITING", "the process is exiting, or its worker thread is"}; }

void Job::Begin() noexcept {
  if (!error) ort::CatchInto(error, [this] { Work(); });
}

bool Job::HasEnded(bool wait) noexcept {
  bool ended = true;
  if (!error) ort::CatchInto(error, [&] { ended = Poll(wait); });
  return ended;
}

void WaitedJob::Post() noexcept {
  // Under the lock: the waiting thread destroys the job as soon as it sees `done_`.
  const std::lock_guard lock(mutex_);
  done_.store(true, std::memory_order_release);
  wake_.notify_one();
}

void WaitedJob::Wait(std::chrono::nanoseconds spin) {
  SpinUntil(done_, spin);
  // Even if it is done: Post may still hold the lock.
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return done_.load(std::memory_order_relaxed); });
}

}  // namespace run
