// How queued work is done: by waits, and by queries.
#include <utility>
#include <vector>

#include "core/state.h"

namespace sim {

void State::RunOne(Stream& stream) {
  Work work = std::move(stream.work.front());
  stream.work.pop_front();
  if (work.wait) {
    if (!work.mark->done) RunUntil(*work.mark->stream, work.mark.get());
    return;
  }
  if (work.action && broken == CUDA_SUCCESS) {
    try {
      ++thread().depth;
      work.action();
    } catch (const Error& error) {
      Break(error, work.what);
    }
    --thread().depth;
  }
  if (work.mark != nullptr) work.mark->done = true;
}

void State::RunSomeOther(Stream& stream) {
  interleave = (interleave * 1664525u + 1013904223u) | 1u;
  if ((interleave >> 16) % 2 != 0) return;
  std::vector<Stream*> ready;
  for (Stream* other : streams) {
    if (other == &stream || other->running || other->work.empty() || other->capture != nullptr) continue;
    if (other->work.front().wait && !other->work.front().mark->done) continue;
    ready.push_back(other);
  }
  if (ready.empty()) return;
  Stream& other = *ready[(interleave >> 20) % ready.size()];
  other.running = true;
  RunOne(other);
  other.running = false;
}

void State::RunUntil(Stream& stream, const Mark* mark) {
  if (stream.running) return;  // a cycle of waits cannot be: each waits for what was queued before
  stream.running = true;
  while (!stream.work.empty() && (mark == nullptr || !mark->done)) {
    if (interleave != 0) RunSomeOther(stream);
    if (!stream.work.empty() && (mark == nullptr || !mark->done)) RunOne(stream);
  }
  stream.running = false;
}

void State::Synchronize(Stream& stream) {
  if (stream.capture != nullptr) {
    stream.capture->invalid = "a synchronization";
    throw Error{CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "a synchronization of a captured stream"};
  }
  if (stream.number == 0) Order(stream);
  RunUntil(stream, nullptr);
  if (broken != CUDA_SUCCESS) throw Error{broken, ""};
}

void State::SynchronizeEvent(Event& event) {
  if (event.capture != nullptr) {
    event.capture->invalid = "a synchronization";
    throw Error{CUDA_ERROR_CAPTURED_EVENT, "a synchronization with a captured event"};
  }
  if (event.last != nullptr && !event.last->done) RunUntil(*event.last->stream, event.last.get());
  if (broken != CUDA_SUCCESS) throw Error{broken, ""};
}

// The first query of work that is queued finds it not ready, so that whoever polls is seen to poll again.
bool State::Query(const std::shared_ptr<Mark>& mark) {
  if (mark == nullptr || mark->done) return true;
  if (!std::exchange(mark->queried, true)) return false;
  RunUntil(*mark->stream, mark.get());
  if (broken != CUDA_SUCCESS) throw Error{broken, ""};
  return true;
}

bool State::Query(Stream& stream) {
  if (stream.capture != nullptr) {
    stream.capture->invalid = "a query";
    throw Error{CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "a query of a captured stream"};
  }
  if (!stream.work.empty() && (stream.tail == nullptr || stream.tail->done)) {
    stream.tail = std::make_shared<Mark>(Mark{&stream});
    Push(stream, {.what = "tail", .action = {}, .mark = stream.tail});
  }
  return Query(stream.tail) && stream.work.empty();
}

void State::SynchronizeAll() {
  for (Stream* stream : streams) {
    if (stream->capture == nullptr) RunUntil(*stream, nullptr);
  }
  for (auto& [device, stream] : legacy_) RunUntil(*stream, nullptr);
  if (broken != CUDA_SUCCESS) throw Error{broken, ""};
}

bool State::Pending() const {
  for (const Stream* stream : streams) {
    if (!stream->work.empty()) return true;
  }
  for (const auto& [device, stream] : legacy_) {
    if (!stream->work.empty()) return true;
  }
  return false;
}

}  // namespace sim
