// The simulated machine: one state behind libcuda.so.1, libcudart.so.13, libcublas and libcudnn.
#pragma once

#include <mutex>

#include "core/memory.h"
#include "core/stream.h"

namespace sim {

struct Thread {
  std::uint64_t number = 0;
  std::vector<int> contexts;  // devices; the last is current
  CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
  CUresult last_error = CUDA_SUCCESS;  // the runtime's
  int depth = 0;                       // inside a call already: not logged
};

SIM_API Thread& thread();

// What the rules of stream capture say of a call.
enum Rule : unsigned { kUsual = 0, kUnsafe = 1, kSurvives = 2 };

class SIM_API State {
 public:
  unsigned interleave = 0;  // a seed: work of other streams continues between, and a graph's nodes one by one
  std::recursive_mutex mutex;
  bool initialized = false;
  int devices = 1;
  std::size_t device_bytes = std::size_t{4} << 30;
  Memory memory;
  CUresult broken = CUDA_SUCCESS;
  std::string broken_why;
  bool strict_loss = false;

  State();
  Stream* CreateStream(int device, bool blocking);
  Stream& FindStream(void* handle);  // null, 1 and 2 are the default ones
  void DestroyStream(void* handle);
  Event* CreateEvent(int device, unsigned flags);
  Event& FindEvent(void* handle);
  void DestroyEvent(void* handle);

  // Queues it, or records it where the stream is captured.
  void Submit(Stream& stream, std::string what, Action action, const void* from = nullptr,
              const void* to = nullptr, std::size_t bytes = 0);
  void Record(Stream& stream, Event& event);
  void Wait(Stream& stream, Event& event);
  void Synchronize(Stream& stream);
  void SynchronizeEvent(Event& event);
  bool Query(const std::shared_ptr<Mark>& mark);
  bool Query(Stream& stream);
  void SynchronizeAll();
  bool Pending() const;

  void BeginCapture(Stream& stream, CUstreamCaptureMode mode);
  std::shared_ptr<Graph> EndCapture(Stream& stream);
  void LaunchGraph(Stream& stream, std::shared_ptr<Graph> graph);

  void Copy(Stream& stream, void* to, const void* from, std::size_t bytes, bool synchronous);
  void Copy2D(Stream& stream, void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
              std::size_t width, std::size_t height);
  void Fill(Stream& stream, void* to, int value, std::size_t bytes);

  void Admit(unsigned rules);
  // A fault that CUDASIM_FAIL asks for: "PATTERN:N[+][:CODE]", the N-th call (and, with +, those after it) of
  // the functions that the pattern names ("cuMemAlloc_v2", "cu*" the driver's, "driver" these but for pushes
  // and pops, "scope" those, "cuda*" the runtime's, "alloc" what allocates on the device, "*"). CODE:
  // CUresult, 2 by default. 700 to 799 are sticky. cudasim_arm(text) sets it later. `as_well`: the call is
  // done all the same.
  CUresult Injected(const char* name, unsigned rules, bool& as_well);
  void Violation(const std::string& text);
  // Work that fails breaks the context, as a fault of a kernel does.
  void Break(const Error& error, const std::string& what);

  void Log(const char* name, const std::string& detail, CUresult result);
  std::map<std::string, std::uint64_t> counts;
  std::vector<std::string> violations;
  std::set<Stream*> streams;
  std::set<Event*> events;

 private:
  void RunUntil(Stream& stream, const Mark* mark);
  void RunOne(Stream& stream);
  void RunSomeOther(Stream& stream);
  Stream* Legacy(int device);
  Stream* PerThread(int device);
  void Order(Stream& stream);  // with the legacy stream
  void Push(Stream& stream, Work work);
  std::uint8_t* HostSide(const void* address, std::size_t bytes, bool& pinned);
  std::map<int, Stream*> legacy_;
  std::set<std::shared_ptr<Capture>> captures_;
  int stream_numbers_ = 0;
  int event_numbers_ = 0;
  std::uint64_t sequence_ = 0;
  int trace_ = -1;
  int violation_log_ = -1;
};

SIM_API State& state();
// Timing only: the hot calls return at once and do nothing.
extern SIM_API bool null_mode;
#define NULL_MODE(value)           \
  if (sim::null_mode) [[unlikely]] \
  return value

inline int CurrentDevice() { return thread().contexts.empty() ? 0 : thread().contexts.back(); }

}  // namespace sim
