#include "run_thread.h"

#include <utility>

#include "thread_check.h"

#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
#include <intrin.h>
#endif

namespace run {
namespace {

void Pause() noexcept {
#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
  _mm_pause();
#elif defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) && !defined(_MSC_VER)
  asm volatile("yield");
#else
  std::this_thread::yield();
#endif
}

// On a single core the spinning thread would hold up the one it waits for.
void SpinUntil(const std::atomic<bool>& flag, std::chrono::nanoseconds spin) noexcept {
  static const bool alone = std::thread::hardware_concurrency() < 2;
  if (spin.count() <= 0 || alone) return;
  const auto until = std::chrono::steady_clock::now() + spin;
  do {
    for (int i = 0; i < 32; ++i) {
      if (flag.load(std::memory_order_acquire)) return;
      Pause();
    }
    std::this_thread::yield();
  } while (std::chrono::steady_clock::now() < until);
}

bool Ended(Job& job, bool wait) noexcept {
  bool ended = true;
  if (!job.error) ort::CatchInto(job.error, [&] { ended = job.Poll(wait); });
  return ended;
}

}  // namespace

ort::Error ExitingError() { return {"ERR_EXITING", "the process is exiting, or its worker thread is"}; }

void JobQueue::push_back(Job* job) noexcept {
  job->next_ = nullptr;
  (last_ != nullptr ? last_->next_ : first_) = job;
  last_ = job;
  ++size_;
}

bool JobQueue::Remove(Job* job) noexcept {
  Job* before = nullptr;
  Job* found = first_;
  while (found != nullptr && found != job) before = std::exchange(found, found->next_);
  if (found == nullptr) return false;
  (before != nullptr ? before->next_ : first_) = job->next_;
  if (last_ == job) last_ = before;
  --size_;
  return true;
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

void RunThread::Submit(Job* job) {
  JS_THREAD();
  {
    const std::lock_guard lock(mutex_);
    if (ending_) throw ExitingError();
    // First, because it can fail: nobody would run or post a job that is queued already.
    if (!thread_.joinable()) thread_ = std::thread(&RunThread::Loop, this);
    queue_.push_back(job);
    work_.store(true, std::memory_order_relaxed);
  }
  ++unsettled_;
  wake_.notify_one();
}

void RunThread::Settle() noexcept {
  JS_THREAD();
  --unsettled_;
}

void RunThread::SubmitAndWait(WaitedJob& job) {
  Submit(&job);
  job.Wait(spin_);
  Settle();
}

bool RunThread::Withdraw(Job* job) {
  JS_THREAD();
  const std::lock_guard lock(mutex_);
  return queue_.Remove(job);
}

void RunThread::End() noexcept {
  const std::lock_guard lock(mutex_);
  ending_ = true;
  started_.Terminate();
}

void RunThread::Stop() {
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
  Job* job = queue_.front();
  queue_.pop_front();
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
    for (; !started_.empty(); PostFirst()) Ended(*started_.front(), true);
  }
  job->overlaps = !started_.empty() || work_.load(std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    if (ending_) ort::CatchInto(job->error, [] { throw ExitingError(); });
    started_.push_back(job);
  }
  if (!job->error) ort::CatchInto(job->error, [job] { job->Work(); });
}

void RunThread::Loop() {
  SET_THREAD_ROLE(kRun);
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
    if (!Ended(*started_.front(), started_.size() == kMostStarted)) {
      Pause();
      continue;
    }
    PostFirst();
    if (started_.empty()) SpinUntil(work_, spin_);
  }
}

}  // namespace run
