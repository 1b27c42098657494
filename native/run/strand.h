// The jobs of a session on the CPU, on the threads of the process: in order, or several at a time.
#pragma once

#include "runner.h"

namespace run {

class ThreadPool;

class Strand final : public Runner, public Queued<Strand> {
 public:
  // `most`: so many jobs run at a time. Each begins in order.
  Strand(size_t most, std::chrono::nanoseconds spin);
  ~Strand() override { Drain(); }

  // A strand of several at a time has callers who count on other threads.
  bool CanHold() const noexcept override { return most_ == 1 && OnlyHeld(); }
  void End() noexcept override;
  void Stop() override { Drain(); }

 protected:
  void Push(Job* job) override;
  bool Remove(Job* job) override;
  void PushHeld(Job* job) override;
  bool RunHere(Job* job) override;

 private:
  friend class ThreadPool;

  void Drain();

  // All of the rest under the pool's mutex.
  bool CanStart() const noexcept {
    if (queue_.empty() || holds_ || running_ == most_) return false;
    return running_ == 0 || !queue_.front()->after_all;
  }
  Job* StartNext() noexcept;
  void SetStarted(Job* job) noexcept;
  // When all of its jobs have ended.
  void SetIdle() noexcept;
  // How long a thread waits for its next job without sleeping: not where the jobs come too seldom for that.
  std::chrono::nanoseconds Spin() const noexcept { return gaps_ == 0 ? std::chrono::nanoseconds(0) : spin_; }

  ThreadPool& pool_;
  const size_t most_;
  JobQueue queue_;
  JobQueue started_;    // that have not ended, and can be terminated
  size_t running_ = 0;  // jobs that were started and not posted: their threads use the strand
  bool holds_ = false;  // the queued jobs are the owner's thread's
  bool ready_ = false;  // among those that can start a job
  bool ending_ = false;
  std::chrono::steady_clock::time_point idle_since_;
  uint8_t gaps_ = 0xff;  // the last ones between jobs, a bit each: 1 for one that was shorter than the spin
  std::condition_variable drained_;
};

}  // namespace run
