// A session's own thread: runs are started here, and end, first in first out, so that neither the event loop
// nor libuv's pool is ever held by one.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace run {

class Job {
 public:
  virtual ~Job() = default;
  // On the run thread; touches no JavaScript and throws nothing.
  virtual void Execute() noexcept = 0;
  // Whether Execute may only start the work, so that the next such job can start before it has ended.
  virtual bool Overlaps() const noexcept { return false; }
  // On the run thread, after Execute: whether the work has ended; with `wait`, after waiting for that.
  virtual bool Ended(bool /*wait*/) noexcept { return true; }
  // On the run thread, once it has ended: hands the job back. The job may be gone when this returns.
  virtual void Finished() noexcept = 0;

  // Set before Execute: other work is going on, or waits for its turn.
  bool among_others = false;
};

class RunThread {
 public:
  // After a job the thread spins for up to `spin` before it sleeps, which saves the next job the wake-up.
  explicit RunThread(std::chrono::nanoseconds spin) : spin_(spin) {}
  ~RunThread() { Stop(); }
  RunThread(const RunThread&) = delete;
  RunThread& operator=(const RunThread&) = delete;

  // Owner's thread. The thread itself starts with the first job.
  void Submit(Job* job);
  // Owner's thread: the owner has dealt with a job it submitted.
  void Settled() noexcept { --unsettled_; }
  // Owner's thread: runs the job after all that is queued, and waits for it. Finished is not called.
  void SubmitAndWait(Job* job);
  // Owner's thread: takes a job out of the queue, to be settled; false when it has begun (or ended).
  bool Withdraw(Job* job);
  // Owner's thread: true when nothing is queued, running or still to be settled, so that what the owner does
  // itself comes after all it has submitted.
  bool Idle() const noexcept { return unsettled_ == 0; }
  // Owner's thread: finishes what runs, drops what is queued (Finished is not called for it), joins.
  // Idempotent.
  void Stop();

 private:
  void Loop();
  Job* Next(bool wait);
  void Start(Job* job);
  void FinishFirst();
  void SpinForWork() const;

  // Started and not ended: more would gain nothing, and hold memory.
  static constexpr size_t kMostStarted = 4;

  const std::chrono::nanoseconds spin_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job*> queue_;
  std::atomic<bool> work_{false};  // queued or stopping: what the spinning thread looks at
  bool stopping_ = false;
  std::deque<Job*> started_;  // the run thread's own
  int unsettled_ = 0;         // the owner's own count
  std::thread thread_;
};

}  // namespace run
