// Tells which graphs of a session may be replayed. A graph holds addresses of ONNX Runtime's memory, and
// ONNX Runtime protects none: kernels keep buffers that they free and replace when a larger input comes, and
// a run can ask that the arena frees what nothing uses. So a run that may do either begins another epoch, and
// a graph of an earlier one is not replayed.
#pragma once

#include <atomic>
#include <cstdint>
#include <set>
#include <vector>

#include "ort/api.h"

// The shapes of a run's inputs: for each its name's address, its rank and its dimensions.
using InputShapes = std::vector<int64_t>;
void AppendShape(InputShapes& shapes, const char* name, const OrtValue* input);

// Of the thread that runs, except where noted.
class GraphEpoch {
 public:
  uint64_t current() const noexcept { return current_; }
  void Advance() noexcept { ++current_; }

  // Before and after a run that is not a replay. One that failed has not grown all buffers, so its shapes are
  // still new.
  void BeginRun(const InputShapes& shapes) {
    if ((by_last_shapes && shapes != last_) || !seen_.contains(shapes)) Advance();
    last_.clear();
  }
  void EndRun(const InputShapes& shapes) {
    if (seen_.size() == kMostSeen) seen_.clear();
    seen_.insert(shapes);
    if (by_last_shapes) last_ = shapes;
  }

  // Any thread: the session's graphs.
  std::atomic<int> graphs{0};
  // Some kernel replaces a buffer whenever the shapes differ from those of its last run.
  bool by_last_shapes = false;

 private:
  static constexpr size_t kMostSeen = 4096;  // a service with ever new shapes must not grow
  uint64_t current_ = 1;
  std::set<InputShapes> seen_;
  InputShapes last_;
};
