#include "run_thread.h"

#include <algorithm>

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

// Where threads share a core whoever looks must let the other on.
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

// Lets the submitting thread wait for a job.
class WaitedJob final : public Job {
 public:
  explicit WaitedJob(Job* job) : job_(job) {}
  void Execute() noexcept override {
    job_->among_others = among_others;
    job_->Execute();
  }
  bool Overlaps() const noexcept override { return job_->Overlaps(); }
  bool Ended(bool wait) noexcept override { return job_->Ended(wait); }
  void Finished() noexcept override {
    // Under the lock: the waiting thread destroys this object as soon as it has seen `done_`.
    const std::lock_guard lock(mutex_);
    done_.store(true, std::memory_order_release);
    wake_.notify_one();
  }
  // Looks for up to `spin` before it sleeps. Takes the lock in any case: Finished may still hold it.
  void Wait(std::chrono::nanoseconds spin) {
    SpinUntil(done_, spin);
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return done_.load(std::memory_order_relaxed); });
  }

 private:
  Job* job_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> done_{false};
};

}  // namespace

void RunThread::Submit(Job* job) {
  // First, because it can fail: a job that was queued would then be neither run nor handed back.
  if (!thread_.joinable()) thread_ = std::thread(&RunThread::Loop, this);
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(job);
    work_.store(true, std::memory_order_relaxed);
  }
  ++unsettled_;
  wake_.notify_one();
}

void RunThread::SubmitAndWait(Job* job) {
  WaitedJob waited(job);
  Submit(&waited);
  waited.Wait(spin_);
  Settled();
}

bool RunThread::Withdraw(Job* job) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find(queue_.begin(), queue_.end(), job);
  if (found == queue_.end()) return false;
  queue_.erase(found);
  return true;
}

void RunThread::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
    work_.store(true, std::memory_order_relaxed);
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void RunThread::SpinForWork() const { SpinUntil(work_, spin_); }

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

void RunThread::FinishFirst() {
  Job* job = started_.front();
  started_.pop_front();
  job->Finished();
}

void RunThread::Start(Job* job) {
  if (!job->Overlaps()) {
    for (; !started_.empty(); FinishFirst()) started_.front()->Ended(true);
  }
  job->among_others = !started_.empty() || work_.load(std::memory_order_relaxed);
  job->Execute();
  started_.push_back(job);
}

void RunThread::Loop() {
  for (;;) {
    if (started_.size() < kMostStarted) {
      if (Job* job = Next(started_.empty())) {
        Start(job);
        // What can overlap is started before the first of them is waited for.
        if (job->Overlaps() && work_.load(std::memory_order_relaxed)) continue;
      } else if (started_.empty()) {
        return;  // stopping
      }
    }
    if (!started_.front()->Ended(started_.size() == kMostStarted)) {
      Pause();
      continue;
    }
    FinishFirst();
    if (started_.empty()) SpinForWork();
  }
}

}  // namespace run
