// The thread of a session with a device: ONNX Runtime keeps graphs and handles of libraries by thread. Runs
// start here, up to four before the first has ended, and end first in, first out. While it has no job, the
// owner's thread may launch a graph of the addon's in its place.
#pragma once

#include <atomic>
#include <cstdlib>
#include <thread>

#include "runner.h"

namespace run {

class RunThread final : public Runner {
 public:
  using Runner::Runner;
  ~RunThread() override { Join(); }

  InPlace TakePlace() override;
  bool CanHold() const noexcept override { return false; }
  void End() noexcept override;
  void Stop() override { Join(); }

 protected:
  // The first job starts the thread.
  void Push(Job* job) override;
  bool Remove(Job* job) override;
  // A device's session holds nothing.
  void PushHeld(Job* /*job*/) override { std::abort(); }
  bool RunHere(Job* /*job*/) override { std::abort(); }

 private:
  void Join();
  void Loop();
  Job* Next(bool wait);
  void Start(Job* job);
  void PostFirst();

  // More jobs in flight would gain nothing, and hold memory.
  static constexpr size_t kMostStarted = 4;

  std::mutex mutex_;
  std::condition_variable wake_;
  JobQueue queue_;
  std::atomic<bool> work_{false};  // for the spinning thread: a job is queued, or the thread must stop
  std::atomic<bool> ending_{false};
  bool stopping_ = false;
  std::mutex place_;  // held by the owner's thread in place of this one
  JobQueue started_;  // changed by the run thread alone, under `mutex_`
  std::thread thread_;
};

}  // namespace run
