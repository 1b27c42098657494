// The threads that run the sessions on the CPU. They belong to the process: they start when there are jobs
// for them, and end when there were none for a while.
//
// Their number is bounded, by what the CPUs can use. A job may take any time, so a strand that no thread has
// taken for a while gets one beyond the bound: no session waits for another one's run.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "queue.h"

namespace run {

class Strand;

class ThreadPool {
 public:
  // Never destroyed: its threads outlive static objects.
  static ThreadPool& Shared();

  // Threads for so many jobs: of one strand, or of the CPUs that the process may use.
  void Reserve(size_t threads);
  // At the end of the process, when no strand has jobs: joins the threads.
  void Stop();

 private:
  friend class Strand;

  struct Thread : Queued<Thread> {
    std::thread handle;
    std::condition_variable wake;
    bool woken = false;
    std::chrono::nanoseconds spin{0};  // of the strand whose job it did last
  };

  ThreadPool() = default;
  // Under `mutex_`, all of these.
  // After a change of a strand: whether it is among those that can start a job.
  void Update(Strand& strand) noexcept;
  // Has threads come for the strands that can start a job. Throws where the process can have no thread.
  void Wake();
  void TryWake() noexcept;
  void Start(bool spare);

  void Loop(Thread& self, bool spare);
  void RunNext(Thread& self, std::unique_lock<std::mutex>& lock);
  void WaitForStall(std::unique_lock<std::mutex>& lock);
  bool Spin(const Thread& self, std::unique_lock<std::mutex>& lock);
  bool Sleep(Thread& self, std::unique_lock<std::mutex>& lock);
  void Leave(Thread& self, std::unique_lock<std::mutex>& lock);

  static constexpr size_t kLeastBound = 8;
  static constexpr std::chrono::seconds kLongestIdle{2};
  static constexpr std::chrono::milliseconds kStall{10};

  std::mutex mutex_;
  Queue<Strand> ready_;            // that can start a job
  std::atomic<bool> work_{false};  // whether there are any, for the spinning threads
  std::vector<std::unique_ptr<Thread>> threads_;
  Queue<Thread> idle_;  // the last one first, so that the others end
  size_t bound_ = kLeastBound;
  size_t coming_ = 0;   // threads that will look for a strand: started, woken, or spinning
  bool spare_ = false;  // a thread beyond the bound waits for a stall
  uint64_t taken_ = 0;  // jobs
  bool stopping_ = false;
  std::condition_variable stopped_;
  std::thread ended_;  // the last one, to be joined
};

}  // namespace run
