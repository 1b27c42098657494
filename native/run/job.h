// Work of a session that another thread does.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "ort/error.h"
#include "queue.h"

namespace run {

class Job : public Queued<Job> {
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

  // Work and Poll, whose errors become `error`.
  void Begin() noexcept;
  bool HasEnded(bool wait) noexcept;

  // Set before the job is queued: it begins when all jobs before it have ended, also where others run in
  // parallel.
  bool after_all = false;
  bool overlaps = false;  // set before Work: other jobs have started and not ended, or are queued
  std::optional<ort::Error> error;
};

using JobQueue = Queue<Job>;

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

}  // namespace run
