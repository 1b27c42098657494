#include "run_thread.h"

#include "spin.h"
#include "thread_name.h"

namespace run {

void RunThread::Push(Job* job) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_) throw ExitingError();
    // First, because it can fail: nobody would run or post a job that is queued already.
    if (!thread_.joinable()) thread_ = std::thread(&RunThread::Loop, this);
    queue_.push_back(job);
    work_.store(true, std::memory_order_relaxed);
  }
  wake_.notify_one();
}

bool RunThread::Remove(Job* job) {
  const std::lock_guard lock(mutex_);
  return queue_.Remove(job);
}

InPlace RunThread::TakePlace() {
  JS_THREAD();
  if (!Idle()) return {};
  std::unique_lock lock(place_);
  // Stop, on another thread, waits for the lock.
  if (ending_) return {};
  return InPlace(std::move(lock));
}

void RunThread::End() noexcept {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  started_.ForEach([](Job& job) { job.Terminate(); });
}

void RunThread::Join() {
  {
    const std::lock_guard in_place(place_);
  }
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_ = {};
    work_.store(true, std::memory_order_relaxed);
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Job* RunThread::Next(bool wait) {
  if (!wait && !work_.load(std::memory_order_relaxed)) return nullptr;
  std::unique_lock lock(mutex_);
  if (wait) wake_.wait(lock, [this] { return !queue_.empty() || stopping_; });
  if (queue_.empty()) return nullptr;
  Job* const job = queue_.pop_front();
  work_.store(!queue_.empty() || stopping_, std::memory_order_relaxed);
  return job;
}

void RunThread::PostFirst() {
  Job* job = started_.front();
  {
    const std::lock_guard lock(mutex_);
    started_.pop_front();
  }
  job->Post();
}

void RunThread::Start(Job* job) {
  if (!job->CanOverlap()) {
    for (; !started_.empty(); PostFirst()) started_.front()->HasEnded(true);
  }
  job->overlaps = !started_.empty() || work_.load(std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    if (ending_) ort::CatchInto(job->error, [] { throw ExitingError(); });
    started_.push_back(job);
  }
  job->Begin();
}

void RunThread::Loop() {
  SET_THREAD_ROLE(kRun);
  SetThreadName("ort-io-device");
  for (;;) {
    if (started_.size() < kMostStarted) {
      if (Job* job = Next(started_.empty())) {
        Start(job);
        // Starts every job that can overlap before it waits for the first of them.
        if (job->CanOverlap() && work_.load(std::memory_order_relaxed)) continue;
      } else if (started_.empty()) {
        return;  // stopping
      }
    }
    if (!started_.front()->HasEnded(started_.size() == kMostStarted)) {
      Pause();
      continue;
    }
    PostFirst();
    if (started_.empty()) SpinUntil(work_, spin_);
  }
}

}  // namespace run
