// A session's own thread: runs start here, and end first in, first out, so that no run holds the event loop
// or a thread of libuv's pool.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "ort/error.h"

namespace run {

class Job {
 public:
  virtual ~Job() = default;
  // Run thread. An error that Work or Poll throws ends the job, and becomes `error`.
  virtual void Work() = 0;
  // Whether Work may return before the work has ended, so that the next such job can start.
  virtual bool CanOverlap() const noexcept { return false; }
  // Run thread, after Work: whether the work has ended; with `wait`, after waiting for its end.
  virtual bool Poll(bool /*wait*/) { return true; }
  // Run thread, once the work has ended: hands the job to its owner, who may delete it before this returns.
  virtual void Post() noexcept = 0;
  // Any thread: asks the work to end early.
  virtual void Terminate() noexcept {}

  bool overlaps = false;  // set before Work: other jobs have started and not ended, or are queued
  std::optional<ort::Error> error;

 private:
  friend class JobQueue;
  Job* next_ = nullptr;
};

// Jobs, each in one queue at a time: to add one allocates nothing, and cannot fail.
class JobQueue {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  size_t size() const noexcept { return size_; }
  Job* front() const noexcept { return first_; }
  void push_back(Job* job) noexcept;
  void pop_front() noexcept { Remove(first_); }
  // Whether the job was in the queue.
  bool Remove(Job* job) noexcept;
  void Terminate() const noexcept {
    for (Job* job = first_; job != nullptr; job = job->next_) job->Terminate();
  }

 private:
  Job* first_ = nullptr;
  Job* last_ = nullptr;
  size_t size_ = 0;
};

// The error of what would begin after the end of its environment has begun.
ort::Error ExitingError();

// A job that its owner's thread waits for.
class WaitedJob : public Job {
 public:
  void Post() noexcept final;
  // Spins for up to `spin` before it sleeps.
  void Wait(std::chrono::nanoseconds spin);

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> done_{false};
};

// Its owner's thread is the JavaScript thread, and calls all of these.
class RunThread {
 public:
  // After a job the thread spins for up to `spin` before it sleeps, which saves the next job the wake-up.
  explicit RunThread(std::chrono::nanoseconds spin) : spin_(spin) {}
  ~RunThread() { Stop(); }
  RunThread(const RunThread&) = delete;
  RunThread& operator=(const RunThread&) = delete;

  // Queues a job; the first one starts the thread. Settle must follow once the job has been posted. Throws
  // ERR_EXITING after End.
  void Submit(Job* job);
  void Settle() noexcept;
  // Runs the job after everything that is queued, and waits for it: then all jobs have ended. Throws what
  // Submit does, and leaves the job's error to the caller.
  void SubmitAndWait(WaitedJob& job);
  // Takes a job out of the queue; false where it has started. Settle must follow.
  bool Withdraw(Job* job);
  // Whether no job is unsettled: what the owner's thread does itself then comes after all its jobs.
  bool Idle() const noexcept { return unsettled_ == 0; }
  // Any thread, and waits for none: asks the jobs that have started to end. Those that are queued fail.
  void End() noexcept;
  // Ends the jobs that have started, drops those that are queued, and joins. Idempotent. When the process
  // exits another thread than the owner's calls it.
  void Stop();

 private:
  void Loop();
  Job* Next(bool wait);
  void Start(Job* job);
  void PostFirst();

  // More jobs in flight would gain nothing, and hold memory.
  static constexpr size_t kMostStarted = 4;

  const std::chrono::nanoseconds spin_;
  std::mutex mutex_;
  std::condition_variable wake_;
  JobQueue queue_;
  std::atomic<bool> work_{false};  // for the spinning thread: a job is queued, or the thread must stop
  bool ending_ = false;
  bool stopping_ = false;
  JobQueue started_;   // changed by the run thread alone, under `mutex_`
  int unsettled_ = 0;  // of the owner's thread
  std::thread thread_;
};

}  // namespace run
