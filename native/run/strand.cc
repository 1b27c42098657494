#include "strand.h"

#include <utility>

#include "thread_pool.h"

namespace run {

Strand::Strand(size_t most, std::chrono::nanoseconds spin)
    : Runner(spin), pool_(ThreadPool::Shared()), most_(most) {
  pool_.Reserve(most);
}

void Strand::Push(Job* job) {
  const std::lock_guard lock(pool_.mutex_);
  if (ending_) throw ExitingError();
  if (spin_.count() > 0 && running_ == 0 && queue_.empty()) {
    const bool is_short = std::chrono::steady_clock::now() - idle_since_ <= spin_;
    gaps_ = static_cast<uint8_t>(gaps_ << 1 | (is_short ? 1 : 0));
  }
  const bool held = std::exchange(holds_, false);
  queue_.push_back(job);
  pool_.Update(*this);
  try {
    pool_.Wake();
  } catch (...) {
    // Nobody would run or post the job.
    queue_.Remove(job);
    holds_ = held;
    pool_.Update(*this);
    throw;
  }
}

void Strand::PushHeld(Job* job) {
  const std::lock_guard lock(pool_.mutex_);
  if (ending_) throw ExitingError();
  holds_ = true;
  queue_.push_back(job);
}

bool Strand::RunHere(Job* job) {
  {
    const std::lock_guard lock(pool_.mutex_);
    // The end of the process drops what is queued.
    if (!queue_.Remove(job)) return false;
    SetStarted(job);
  }
  job->Begin();
  job->HasEnded(true);
  const std::lock_guard lock(pool_.mutex_);
  started_.Remove(job);
  if (--running_ == 0) SetIdle();
  return true;
}

bool Strand::Remove(Job* job) {
  const std::lock_guard lock(pool_.mutex_);
  const bool found = queue_.Remove(job);
  pool_.Update(*this);
  pool_.TryWake();
  return found;
}

void Strand::End() noexcept {
  const std::lock_guard lock(pool_.mutex_);
  ending_ = true;
  started_.ForEach([](Job& job) { job.Terminate(); });
}

void Strand::Drain() {
  std::unique_lock lock(pool_.mutex_);
  queue_ = {};
  pool_.Update(*this);
  drained_.wait(lock, [this] { return running_ == 0; });
}

void Strand::SetIdle() noexcept {
  if (spin_.count() > 0) idle_since_ = std::chrono::steady_clock::now();
  drained_.notify_all();
}

Job* Strand::StartNext() noexcept {
  Job* const job = queue_.pop_front();
  SetStarted(job);
  return job;
}

void Strand::SetStarted(Job* job) noexcept {
  if (ending_) ort::CatchInto(job->error, [] { throw ExitingError(); });
  started_.push_back(job);
  ++running_;
}

}  // namespace run
