// Streams, events, captures and graphs. Work on a stream does nothing until somebody waits for it, so that a
// wait that is missing gives a wrong answer.
#pragma once

#include <cuda.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/error.h"

namespace sim {

struct Stream;

struct Mark {
  Stream* stream;
  bool done = false;
  bool queried = false;
};

using Action = std::function<void()>;  // throws Error

struct Work {
  std::string what;
  Action action;               // null for a wait
  std::shared_ptr<Mark> mark;  // of a record (done after), or of a wait (done before)
  bool wait = false;
};

struct Graph {
  struct Node {
    std::string what;
    Action action;
    const void* from = nullptr;
    const void* to = nullptr;
    std::size_t bytes = 0;
  };
  std::vector<Node> nodes;
};

struct Capture {
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();
  Stream* origin = nullptr;
  CUstreamCaptureMode mode{};
  std::uint64_t thread = 0;
  std::string invalid;       // why
  std::set<Stream*> forked;  // beside the origin, and not joined
};

struct Stream {
  int number;
  int device;
  bool blocking;  // with the legacy stream
  std::deque<Work> work;
  std::shared_ptr<Mark> tail;  // done when all that was queued before is
  std::shared_ptr<Capture> capture;
  bool running = false;
};

struct Event {
  int number;
  int device;
  unsigned flags;
  std::shared_ptr<Mark> last;
  std::shared_ptr<Capture> capture;  // where it was recorded in one
  Stream* captured_on = nullptr;
};

SIM_API std::string Name(const Stream& stream);

}  // namespace sim
