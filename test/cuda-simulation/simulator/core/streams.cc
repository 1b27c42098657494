// Handles of streams and events, and the order of their work.
#include <utility>

#include "core/state.h"

namespace sim {

std::string Name(const Stream& stream) { return Format("s%d", stream.number); }

Stream* State::CreateStream(int device, bool blocking) {
  auto* stream = new Stream{.number = ++stream_numbers_,
                            .device = device,
                            .blocking = blocking,
                            .work = {},
                            .tail = {},
                            .capture = {}};
  streams.insert(stream);
  return stream;
}

Stream* State::Legacy(int device) {
  Stream*& stream = legacy_[device];
  if (stream == nullptr) {
    stream =
        new Stream{.number = 0, .device = device, .blocking = true, .work = {}, .tail = {}, .capture = {}};
  }
  return stream;
}

Stream& State::FindStream(void* handle) {
  if (handle == nullptr || handle == reinterpret_cast<void*>(1) || handle == reinterpret_cast<void*>(2)) {
    return *Legacy(CurrentDevice());
  }
  auto* stream = static_cast<Stream*>(handle);
  if (!streams.contains(stream)) {
    Violation("a stream that is not alive");
    throw Error{CUDA_ERROR_INVALID_HANDLE, "a stream that is not alive"};
  }
  return *stream;
}

void State::DestroyStream(void* handle) {
  Stream& stream = FindStream(handle);
  if (stream.number == 0) throw Error{CUDA_ERROR_INVALID_HANDLE, "the default stream"};
  RunUntil(stream, nullptr);
  for (Stream* other : streams) {
    if (other != &stream) {
      for (const Work& work : other->work) {
        if (work.wait && work.mark->stream == &stream && !work.mark->done)
          Violation("a wait for a destroyed stream");
      }
    }
  }
  streams.erase(&stream);
  // Kept: marks point at it.
}

Event* State::CreateEvent(int device, unsigned flags) {
  auto* event =
      new Event{.number = ++event_numbers_, .device = device, .flags = flags, .last = {}, .capture = {}};
  events.insert(event);
  return event;
}

Event& State::FindEvent(void* handle) {
  auto* event = static_cast<Event*>(handle);
  if (!events.contains(event)) {
    Violation("an event that is not alive");
    throw Error{CUDA_ERROR_INVALID_HANDLE, "an event that is not alive"};
  }
  return *event;
}

void State::DestroyEvent(void* handle) {
  Event& event = FindEvent(handle);
  events.erase(&event);
  delete &event;
}

void State::Push(Stream& stream, Work work) { stream.work.push_back(std::move(work)); }

// The legacy stream and the blocking ones wait for each other.
void State::Order(Stream& stream) {
  if (!stream.blocking) return;
  if (stream.number == 0) {
    for (Stream* other : streams) {
      if (!other->blocking || other->device != stream.device) continue;
      if (other->capture != nullptr) {
        other->capture->invalid = "work on the legacy stream";
        throw Error{CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
                    "the legacy stream, while a blocking stream is captured"};
      }
      if (other->work.empty()) continue;
      auto mark = std::make_shared<Mark>(Mark{other});
      Push(*other, {.what = "mark", .action = {}, .mark = mark});
      Push(stream, {.what = "implicit wait", .action = {}, .mark = mark, .wait = true});
    }
    return;
  }
  Stream* legacy = legacy_.contains(stream.device) ? legacy_[stream.device] : nullptr;
  if (legacy == nullptr || legacy->work.empty()) return;
  auto mark = std::make_shared<Mark>(Mark{legacy});
  Push(*legacy, {.what = "mark", .action = {}, .mark = mark});
  Push(stream, {.what = "implicit wait", .action = {}, .mark = mark, .wait = true});
}

void State::Submit(Stream& stream, std::string what, Action action, const void* from, const void* to,
                   std::size_t bytes) {
  if (stream.capture != nullptr) {
    if (!stream.capture->invalid.empty())
      throw Error{CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, stream.capture->invalid};
    stream.capture->graph->nodes.push_back({std::move(what), std::move(action), from, to, bytes});
    return;
  }
  Order(stream);
  Push(stream, {.what = std::move(what), .action = std::move(action), .mark = {}});
}

void State::Record(Stream& stream, Event& event) {
  if (stream.capture != nullptr) {
    event.capture = stream.capture;
    event.captured_on = &stream;
    event.last = nullptr;
    return;
  }
  event.capture = nullptr;
  Order(stream);
  event.last = std::make_shared<Mark>(Mark{&stream});
  Push(stream, {.what = "record", .action = {}, .mark = event.last});
}

void State::Wait(Stream& stream, Event& event) {
  if (event.capture != nullptr) {
    if (stream.capture == event.capture) {
      if (event.captured_on != &stream) event.capture->forked.erase(event.captured_on);
      return;
    }
    if (stream.capture != nullptr) throw Error{CUDA_ERROR_STREAM_CAPTURE_MERGE, "two captures"};
    stream.capture = event.capture;
    event.capture->forked.insert(&stream);
    return;
  }
  if (stream.capture != nullptr) {
    if (event.last == nullptr) return;
    stream.capture->invalid = "a wait for an event from outside";
    throw Error{CUDA_ERROR_STREAM_CAPTURE_ISOLATION, "a wait for an event from outside of the capture"};
  }
  if (event.last == nullptr || event.last->done) return;
  Order(stream);
  Push(stream, {.what = "wait", .action = {}, .mark = event.last, .wait = true});
}

}  // namespace sim
