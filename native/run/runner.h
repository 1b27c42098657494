// Where the jobs of a session run, so that no run holds the event loop or a thread of libuv's pool.
#pragma once

#include <chrono>
#include <mutex>

#include "job.h"
#include "thread_check.h"

namespace run {

// The owner's thread works in place of a run thread that has no job, for as long as this lives.
class InPlace {
 public:
  InPlace() = default;
  explicit InPlace(std::unique_lock<std::mutex> lock) noexcept : lock_(std::move(lock)) {
    SET_THREAD_ROLE(kJsInPlace);
  }
  ~InPlace() {
    if (lock_) SET_THREAD_ROLE(kJs);
  }
  InPlace(const InPlace&) = delete;
  InPlace& operator=(const InPlace&) = delete;
  explicit operator bool() const noexcept { return lock_.owns_lock(); }

 private:
  std::unique_lock<std::mutex> lock_;
};

// Its owner's thread is the JavaScript thread, and calls all of these.
class Runner {
 public:
  explicit Runner(std::chrono::nanoseconds spin) : spin_(spin) {}
  virtual ~Runner() = default;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Queues a job, behind those that are held, which this releases. Settle must follow once the job has been
  // posted. Throws ERR_EXITING after End, and where no thread can start: the job is then not queued.
  void Submit(Job* job) {
    JS_THREAD();
    Push(job);
    held_ = 0;
    ++unsettled_;
  }
  // The same for a job that the owner's thread will do itself, by RunHeld: no thread starts it unless it is
  // released.
  void Hold(Job* job) {
    JS_THREAD();
    PushHeld(job);
    ++held_;
    ++unsettled_;
  }
  // Whether Hold may follow: no job is unsettled that is not held.
  virtual bool CanHold() const noexcept = 0;
  bool Holds() const noexcept { return held_ > 0; }
  // Does the first of the held jobs here. False where the end of the process has dropped it.
  bool RunHeld(Job* job) {
    JS_THREAD();
    --held_;
    return RunHere(job);
  }
  void Settle() noexcept {
    JS_THREAD();
    --unsettled_;
  }
  // Runs the job after everything that is queued, and waits for it: then all jobs have ended. Throws what
  // Submit does, and leaves the job's error to the caller.
  void SubmitAndWait(WaitedJob& job) {
    job.after_all = true;
    Submit(&job);
    job.Wait(spin_);
    Settle();
  }
  // Takes a job out of the queue; false where it has started. Settle must follow.
  bool Withdraw(Job* job) {
    JS_THREAD();
    if (!Remove(job)) return false;
    if (held_ > 0) --held_;
    return true;
  }
  // Whether no job is unsettled: what the owner's thread does itself then comes after all its jobs.
  bool Idle() const noexcept { return unsettled_ == 0; }
  // Whether the owner's thread may do a run itself that only one thread at a time may do. False where a job
  // is unsettled, after End, and where runs need no such thread.
  virtual InPlace TakePlace() { return {}; }
  // Any thread, and waits for none: asks the jobs that have started to end. Those that are queued fail.
  virtual void End() noexcept = 0;
  // Waits for the jobs that have started, and drops those that are queued: then no thread uses the runner.
  // Idempotent. When the process exits another thread than the owner's calls it.
  virtual void Stop() = 0;

 protected:
  virtual void Push(Job* job) = 0;
  virtual bool Remove(Job* job) = 0;
  virtual void PushHeld(Job* job) = 0;
  virtual bool RunHere(Job* job) = 0;
  bool OnlyHeld() const noexcept { return unsettled_ == held_; }

  // After a job the thread spins for up to so long before it sleeps, which saves the next job the wake-up.
  const std::chrono::nanoseconds spin_;

 private:
  // Of the owner's thread.
  int unsettled_ = 0;
  int held_ = 0;
};

}  // namespace run
