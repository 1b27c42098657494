#include "streams.h"

#include <cstring>

namespace fake_cuda {
namespace {

// Handles are numbers, not addresses, so that a wild or stale one is never dereferenced. Streams and events
// have different ones.
constexpr std::uintptr_t kFirstStream = 0x57'0000'0000;
constexpr std::uintptr_t kFirstEvent = 0xE7'0000'0000;
constexpr std::uintptr_t kStep = 16;

bool Touches(const Work& work, const Block& block) {
  const auto overlaps = [&](const std::byte* memory) {
    return memory != nullptr && block.Overlaps(reinterpret_cast<std::uintptr_t>(memory), work.bytes);
  };
  return overlaps(work.to) || overlaps(work.from);
}

}  // namespace

CUstream Streams::CreateStream(int device) {
  const std::uintptr_t number = ++made_streams_;
  const auto handle = reinterpret_cast<CUstream>(kFirstStream + number * kStep);
  streams_[handle] = Stream{static_cast<int>(number), device, {}};
  return handle;
}

CUevent Streams::CreateEvent(int device) {
  const auto handle = reinterpret_cast<CUevent>(kFirstEvent + ++made_events_ * kStep);
  events_[handle] = Event{device, nullptr};
  return handle;
}

void Streams::Destroy(CUstream stream) {
  Run(stream);
  streams_.erase(stream);
}

Stream* Streams::Find(CUstream stream) noexcept {
  const auto found = streams_.find(stream);
  return found != streams_.end() ? &found->second : nullptr;
}

Event* Streams::Find(CUevent event) noexcept {
  const auto found = events_.find(event);
  return found != events_.end() ? &found->second : nullptr;
}

void Streams::Record(Event& event, CUstream stream) {
  event.last = std::make_shared<Mark>(Mark{stream});
  if (Find(stream)->work.empty()) {
    event.last->done = true;
  } else {
    Queue(stream, {.kind = Work::Kind::kRecord, .mark = event.last});
  }
}

void Streams::Wait(CUstream stream, const Event& event) {
  if (event.last == nullptr || event.last->done) return;
  Queue(stream, {.kind = Work::Kind::kWait, .mark = event.last});
}

void Streams::RunUntil(const std::shared_ptr<Mark>& mark) {
  if (!mark->done) Run(mark->stream, mark.get());
}

void Streams::RunAll() {
  for (const auto& [handle, stream] : streams_) Run(handle, nullptr);
}

void Streams::DiscardAll() noexcept {
  for (auto& [handle, stream] : streams_) {
    for (const Work& work : stream.work) {
      if (work.kind == Work::Kind::kRecord) work.mark->done = true;
    }
    stream.work.clear();
  }
}

CUstream Streams::PendingOn(const Block& block) const noexcept {
  for (const auto& [handle, stream] : streams_) {
    for (const Work& work : stream.work) {
      if (Touches(work, block)) return handle;
    }
  }
  return nullptr;
}

void Streams::Run(CUstream handle, const Mark* until) {
  std::deque<Work>& queue = Find(handle)->work;
  while (!queue.empty() && (until == nullptr || !until->done)) {
    Work work = std::move(queue.front());
    queue.pop_front();
    Do(work);
  }
}

void Streams::Do(Work& work) {
  switch (work.kind) {
    case Work::Kind::kCopy:
      std::memmove(work.to, work.from != nullptr ? work.from : work.staged.data(), work.bytes);
      break;
    case Work::Kind::kFill:
      std::memset(work.to, work.value, work.bytes);
      break;
    case Work::Kind::kRecord:
      work.mark->done = true;
      break;
    case Work::Kind::kWait:
      RunUntil(work.mark);
      break;
  }
}

}  // namespace fake_cuda
