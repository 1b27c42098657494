#include "thread_pool.h"

#include <algorithm>
#include <utility>

#include "spin.h"
#include "strand.h"
#include "thread_name.h"

namespace run {

ThreadPool& ThreadPool::Shared() {
  static ThreadPool& pool = *new ThreadPool;
  return pool;
}

void ThreadPool::Reserve(size_t threads) {
  const std::lock_guard lock(mutex_);
  bound_ = std::max(bound_, threads);
}

void ThreadPool::Stop() {
  std::vector<std::thread> handles;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& thread : threads_) {
      handles.push_back(std::move(thread->handle));
      thread->wake.notify_one();
    }
    handles.push_back(std::move(ended_));
  }
  stopped_.notify_all();
  for (std::thread& handle : handles) {
    if (handle.joinable()) handle.join();
  }
}

void ThreadPool::Update(Strand& strand) noexcept {
  const bool can_start = strand.CanStart();
  if (can_start == strand.ready_) return;
  strand.ready_ = can_start;
  if (can_start) {
    ready_.push_back(&strand);
  } else {
    ready_.Remove(&strand);
  }
  work_.store(!ready_.empty(), std::memory_order_relaxed);
}

void ThreadPool::Wake() {
  if (coming_ >= ready_.size()) return;
  if (!idle_.empty()) {
    Thread* const thread = idle_.pop_front();
    thread->woken = true;
    ++coming_;
    thread->wake.notify_one();
    return;
  }
  const bool spare = threads_.size() >= bound_;
  if (spare && spare_) return;
  try {
    Start(spare);
  } catch (...) {
    // Otherwise those that there are take one after another.
    if (threads_.empty()) throw;
  }
}

void ThreadPool::TryWake() noexcept {
  try {
    Wake();
  } catch (...) {
  }
}

void ThreadPool::Start(bool spare) {
  threads_.push_back(std::make_unique<Thread>());
  Thread& thread = *threads_.back();
  try {
    thread.handle = std::thread(&ThreadPool::Loop, this, std::ref(thread), spare);
  } catch (...) {
    threads_.pop_back();
    throw;
  }
  if (spare) {
    spare_ = true;
  } else {
    ++coming_;
  }
}

void ThreadPool::Loop(Thread& self, bool spare) {
  SET_THREAD_ROLE(kRun);
  SetThreadName("ort-io-run");
  std::unique_lock lock(mutex_);
  if (spare) {
    WaitForStall(lock);
  } else {
    --coming_;
  }
  do {
    while (!ready_.empty()) RunNext(self, lock);
  } while (Spin(self, lock) || Sleep(self, lock));
  Leave(self, lock);
}

void ThreadPool::RunNext(Thread& self, std::unique_lock<std::mutex>& lock) {
  Strand& strand = *ready_.front();
  Job* const job = strand.StartNext();
  // Behind the others, if it can start more.
  ready_.pop_front();
  strand.ready_ = false;
  Update(strand);
  work_.store(!ready_.empty(), std::memory_order_relaxed);
  ++taken_;
  TryWake();

  lock.unlock();
  job->Begin();
  job->HasEnded(true);
  lock.lock();
  // Before its owner may delete it.
  strand.started_.Remove(job);
  self.spin = strand.Spin();
  lock.unlock();
  job->Post();
  lock.lock();
  if (--strand.running_ == 0) strand.SetIdle();
  Update(strand);
}

// Until no strand waits, or one has waited for long.
void ThreadPool::WaitForStall(std::unique_lock<std::mutex>& lock) {
  uint64_t before = taken_ - 1;
  while (!ready_.empty() && !stopping_ && before != taken_) {
    before = taken_;
    stopped_.wait_for(lock, kStall);
  }
  spare_ = false;
}

// Whether a strand can start a job.
bool ThreadPool::Spin(const Thread& self, std::unique_lock<std::mutex>& lock) {
  if (stopping_ || threads_.size() > bound_) return false;
  ++coming_;
  lock.unlock();
  SpinUntil(work_, self.spin);
  lock.lock();
  --coming_;
  return !ready_.empty();
}

// The same; false: the thread ends.
bool ThreadPool::Sleep(Thread& self, std::unique_lock<std::mutex>& lock) {
  if (stopping_ || threads_.size() > bound_) return false;
  idle_.push_front(&self);
  self.wake.wait_for(lock, kLongestIdle, [&] { return self.woken || stopping_; });
  if (!self.woken) {
    idle_.Remove(&self);
    return false;
  }
  self.woken = false;
  --coming_;
  return true;
}

void ThreadPool::Leave(Thread& self, std::unique_lock<std::mutex>& lock) {
  const auto found = std::find_if(threads_.begin(), threads_.end(),
                                  [&](const auto& thread) { return thread.get() == &self; });
  const std::unique_ptr<Thread> thread = std::move(*found);
  threads_.erase(found);
  // One after another joins the one before it.
  std::thread before;
  if (thread->handle.joinable()) before = std::exchange(ended_, std::move(thread->handle));
  lock.unlock();
  if (before.joinable()) before.join();
}

}  // namespace run
