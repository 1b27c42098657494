// fake_cuda_*: the control of the fake driver.
#include <algorithm>
#include <cstring>

#include "state.h"

using namespace fake_cuda;

namespace {

constexpr auto kDevice = static_cast<std::size_t>(Block::Kind::kDevice);
constexpr auto kPinned = static_cast<std::size_t>(Block::Kind::kPinned);

constexpr const char* kFunctions[] = {
#define CUDA_FUNCTION(name, params) #name,
#include "device/cuda/driver_functions.inc"
#undef CUDA_FUNCTION
};

// cuGetErrorName and cuGetErrorString are accepted, although no fault strikes them.
bool IsFunction(const std::string& name) {
  return std::any_of(std::begin(kFunctions), std::end(kFunctions),
                     [&](const char* known) { return name == known; });
}

FakeCudaLive CountLive(State& s) {
  FakeCudaLive live{};
  s.memory.ForEach([&](const Block& block) {
    const bool pinned = block.kind == Block::Kind::kPinned;
    ++(pinned ? live.pinned_blocks : live.device_blocks);
    (pinned ? live.pinned_bytes : live.device_bytes) += block.bytes;
  });
  live.peak_device_bytes = s.peak_bytes[kDevice];
  live.peak_pinned_bytes = s.peak_bytes[kPinned];
  live.streams = s.streams.stream_count();
  live.events = s.streams.event_count();
  live.graphs = s.graphs.size();
  for (const std::uint64_t retained : s.retained) live.primary_retains += retained;
  live.context_depth = thread().pushed();
  return live;
}

}  // namespace

void fake_cuda_reset() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.faults.clear();
  s.broken = CUDA_SUCCESS;
  s.capturing = s.event_queries_refused = false;
  s.node_type = CU_GRAPH_NODE_TYPE_KERNEL;
  s.calls.clear();
  s.violations.clear();
  const FakeCudaLive live = CountLive(s);
  s.peak_bytes[kDevice] = live.device_bytes;
  s.peak_bytes[kPinned] = live.pinned_bytes;
}

bool fake_cuda_fail(const char* name, uint64_t n, CUresult code, bool sticky) {
  const std::string function = name != nullptr ? name : "";
  if (n == 0 || code == CUDA_SUCCESS || (name != nullptr && !IsFunction(function))) return false;
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.faults.push_back({function, n, code, sticky});
  return true;
}

size_t fake_cuda_pending_faults() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  return s.faults.size();
}

void fake_cuda_set_capturing(bool capturing, bool event_queries) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.capturing = capturing;
  s.event_queries_refused = event_queries;
}

CUresult fake_cuda_flush(CUstream stream) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  const Spec spec{.name = __func__, .stream = stream};
  if (thread().number == 0) thread().number = ++s.threads;
  if (s.streams.Find(stream) == nullptr) {
    s.Violation(spec, "a stream that is not alive");
    return s.Log(spec, 0, CUDA_ERROR_INVALID_HANDLE);
  }
  s.streams.Run(stream);
  return s.Log(spec, s.StreamNumber(stream), s.broken);
}

void fake_cuda_flush_all() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.streams.RunAll();
}

size_t fake_cuda_calls(FakeCudaCall* calls, size_t capacity) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  std::copy_n(s.calls.begin(), std::min(capacity, s.calls.size()), calls);
  return s.calls.size();
}

void fake_cuda_clear_calls() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.calls.clear();
}

FakeCudaLive fake_cuda_live() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  return CountLive(s);
}

size_t fake_cuda_violations() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.memory.ForEach([&](Block& block) {
    if (const auto overrun = s.memory.CheckCanaries(block)) s.Violation({.name = "memory"}, *overrun);
  });
  return s.violations.size();
}

size_t fake_cuda_violation(size_t index, char* text, size_t capacity) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  if (index >= s.violations.size()) return 0;
  const std::string& violation = s.violations[index];
  const size_t length = std::min(capacity > 0 ? capacity - 1 : 0, violation.size());
  if (capacity > 0) {
    std::memcpy(text, violation.data(), length);
    text[length] = '\0';
  }
  return violation.size();
}
