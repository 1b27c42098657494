// The fake driver's state, and the frame of every call: count, fail on demand, check, execute, log.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "fake_cuda.h"
#include "memory.h"
#include "streams.h"

namespace fake_cuda {

inline constexpr int kMaxDevices = 16;
// The memory of each device, and the limit of memory that is pinned in its context.
inline constexpr std::size_t kDeviceBytes = std::size_t{1} << 30;

// A misuse: the call returns the code, and the text is a violation.
struct Breach {
  CUresult code;
  std::string text;
};

// A run of a session in a graph, or a copy.
struct GraphNode {
  void (*run)(void*) = nullptr;
  std::shared_ptr<void> context = {};
  CUDA_MEMCPY3D copy = {};
};
using Graph = std::vector<GraphNode>;

// The driver's state for each thread.
struct Thread {
  ~Thread();  // a misuse if contexts are left
  std::size_t pushed() const { return contexts.size() - (set ? 1 : 0); }
  int number = 0;             // 0 before its first call
  std::vector<int> contexts;  // by device
  bool set = false;           // the first of them was set, not pushed: it stays
  CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
  CUstream captured = nullptr;  // the stream that it captures,
  Graph recorded;               // and what it has recorded
};
Thread& thread();

struct Fault {
  std::string name;  // empty: any
  std::uint64_t remaining;
  CUresult code;
  bool sticky;
};

// A call without rules needs cuInit and a current context.
enum Rules : unsigned {
  kUsual = 0,
  kBeforeInit = 1,
  kNoContext = 2,
  kRefusedInCapture = 4,
  kEventQuery = 8,
  kSurvives = 16,  // still works when the context is broken
  kEndsCapture = 32,
  kRecorded = 64,  // in a capture
};

struct Spec {
  const char* name;
  unsigned rules = kUsual;
  CUstream stream = nullptr;
  std::size_t bytes = 0;
};

struct State {
  std::mutex mutex;  // guards everything below

  bool initialized = false;
  int devices = 0;
  std::array<std::uint64_t, kMaxDevices> retained{};  // primary contexts
  Memory memory;
  Streams streams;

  std::vector<Fault> faults;
  CUresult broken = CUDA_SUCCESS;          // by a sticky fault
  std::map<std::uintptr_t, Graph> graphs;  // by number; executable ones too
  std::uintptr_t made_graphs = 0;
  CUgraphNodeType node_type = CU_GRAPH_NODE_TYPE_KERNEL;

  bool capturing = false;
  bool event_queries_refused = false;

  int threads = 0;
  std::uint64_t sequence = 0;
  std::deque<FakeCudaCall> calls;
  std::vector<std::string> violations;
  std::array<std::uint64_t, 2> peak_bytes{};  // by kind of block

  // CUDA_SUCCESS, or the code of a fault; throws Breach.
  CUresult Admit(const Spec& spec);
  int StreamNumber(CUstream stream) noexcept;  // 0 for none
  CUresult Log(const Spec& spec, int stream, CUresult result);
  void Violation(const Spec& spec, const std::string& text);

  CUcontext DeviceContext(int device) const noexcept;
  // All throw Breach.
  int FindDevice(CUcontext context) const;
  int CurrentDevice() const { return thread().contexts.back(); }
  Stream& FindStream(CUstream stream);  // of the current context
  Event& FindEvent(CUevent event);      // of the current context
  Event& FindAnyEvent(CUevent event);
  // Memory that the device can access.
  std::byte* DeviceRange(CUdeviceptr address, std::size_t bytes, int device);
  // The host's side of a copy; sets whether it is pinned.
  std::byte* HostRange(const void* address, std::size_t bytes, bool& pinned);

 private:
  CUresult Strike(const Spec& spec);
};

// Created by the first call and never destroyed: threads may call while the process ends.
State& state();

template <typename T>
T* Required(T* out) {
  if (out == nullptr) throw Breach{CUDA_ERROR_INVALID_VALUE, "null instead of a place for the result"};
  return out;
}

inline void AllowFlags(unsigned flags, unsigned known) {
  if ((flags & ~known) != 0) throw Breach{CUDA_ERROR_INVALID_VALUE, "unknown flags " + std::to_string(flags)};
}

// Throws nothing, since the caller is C. `body` gets the locked state.
template <typename Body>
CUresult Call(const Spec& spec, Body body) noexcept {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  const int stream = s.StreamNumber(spec.stream);  // before the call destroys it
  CUresult result = CUDA_ERROR_UNKNOWN;
  try {
    result = s.Admit(spec);
    if (result == CUDA_SUCCESS) result = body(s);
  } catch (const Breach& breach) {
    s.Violation(spec, breach.text);
    result = breach.code;
  } catch (const std::bad_alloc&) {
    result = CUDA_ERROR_OUT_OF_MEMORY;
  }
  return s.Log(spec, stream, result);
}

}  // namespace fake_cuda
