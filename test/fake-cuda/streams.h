// Streams and events: queues whose work is done when something waits for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "device/cuda/driver_types.h"
#include "memory.h"

namespace fake_cuda {

// One recording of an event: a wait is for the latest recording at the time of the wait.
struct Mark {
  CUstream stream;
  bool done = false;
  bool queried = false;
};

struct Work {
  enum class Kind { kCopy, kFill, kRecord, kWait };
  Kind kind;
  std::byte* to = nullptr;
  const std::byte* from = nullptr;
  std::size_t bytes = 0;
  unsigned char value = 0;             // of a fill
  std::vector<std::byte> staged = {};  // data that a copy from pageable memory has read
  std::shared_ptr<Mark> mark = {};     // of a record or a wait
};

struct Stream {
  int number;
  int device;
  std::deque<Work> work;
  bool queried = false;
};

struct Event {
  int device;
  std::shared_ptr<Mark> last;  // null until it is recorded
};

// Under the mutex of the state.
class Streams {
 public:
  CUstream CreateStream(int device);
  CUevent CreateEvent(int device);
  void Destroy(CUstream stream);  // does the queued work first
  void Destroy(CUevent event) { events_.erase(event); }
  // Null for a destroyed one. Handles are never reused.
  Stream* Find(CUstream stream) noexcept;
  Event* Find(CUevent event) noexcept;

  void Queue(CUstream stream, Work work) { Find(stream)->work.push_back(std::move(work)); }
  void Record(Event& event, CUstream stream);
  void Wait(CUstream stream, const Event& event);

  void Run(CUstream stream) { Run(stream, nullptr); }
  void RunUntil(const std::shared_ptr<Mark>& mark);
  void RunAll();
  // Drops all queued work, as a broken context does.
  void DiscardAll() noexcept;

  // A stream with queued work that reads or writes the block; null if there is none.
  CUstream PendingOn(const Block& block) const noexcept;

  std::size_t stream_count() const noexcept { return streams_.size(); }
  std::size_t event_count() const noexcept { return events_.size(); }

 private:
  // Work is queued after the work that it waits for, so this ends.
  void Run(CUstream stream, const Mark* until);
  void Do(Work& work);

  std::map<CUstream, Stream> streams_;
  std::map<CUevent, Event> events_;
  std::uintptr_t made_streams_ = 0;
  std::uintptr_t made_events_ = 0;
};

}  // namespace fake_cuda
