#include "state.h"

#include <algorithm>

namespace fake_cuda {
namespace {

constexpr std::uintptr_t kFirstContext = 0xC7'0000'0000;  // like the handles of streams, no address of memory
constexpr std::uintptr_t kStep = 16;
constexpr std::size_t kCallsKept = std::size_t{1} << 18;
constexpr std::size_t kViolationsKept = 1000;

}  // namespace

State& state() {
  static State* const state = new State;
  return *state;
}

Thread& thread() {
  thread_local Thread thread;
  return thread;
}

Thread::~Thread() {
  if (pushed() == 0) return;
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.Violation({.name = "a thread's end"}, std::to_string(pushed()) + " contexts were never popped");
}

CUresult State::Admit(const Spec& spec) {
  if (thread().number == 0) thread().number = ++threads;
  if (const CUresult code = Strike(spec); code != CUDA_SUCCESS) {
    if ((spec.rules & kEndsCapture) != 0) thread().captured = nullptr;
    return code;
  }
  if (broken != CUDA_SUCCESS && (spec.rules & kSurvives) == 0) return broken;
  if (!initialized && (spec.rules & kBeforeInit) == 0) {
    throw Breach{CUDA_ERROR_NOT_INITIALIZED, "before cuInit has succeeded"};
  }
  const bool refused =
      (spec.rules & kRefusedInCapture) != 0 || (event_queries_refused && (spec.rules & kEventQuery) != 0);
  const bool ends = (spec.rules & kEndsCapture) != 0;
  if (thread().captured != nullptr && !ends && (spec.rules & (kSurvives | kRecorded)) == 0) {
    throw Breach{CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "while this thread captures"};
  }
  if (capturing && refused && thread().mode == CU_STREAM_CAPTURE_MODE_GLOBAL) {
    throw Breach{CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "while another thread captures in global mode"};
  }
  if ((spec.rules & kNoContext) == 0 && thread().contexts.empty()) {
    throw Breach{CUDA_ERROR_INVALID_CONTEXT, "without a current context"};
  }
  return CUDA_SUCCESS;
}

// Every fault counts every call, so faults are independent; the first of those that strike one call gives the
// code.
CUresult State::Strike(const Spec& spec) {
  CUresult struck = CUDA_SUCCESS;
  std::erase_if(faults, [&](Fault& fault) {
    if (!fault.name.empty() && fault.name != spec.name) return false;
    if (--fault.remaining > 0) return false;
    if (struck == CUDA_SUCCESS) struck = fault.code;
    if (fault.sticky && broken == CUDA_SUCCESS) {
      broken = fault.code;
      streams.DiscardAll();
    }
    return true;
  });
  return struck;
}

int State::StreamNumber(CUstream handle) noexcept {
  const Stream* stream = streams.Find(handle);
  return stream != nullptr ? stream->number : 0;
}

CUresult State::Log(const Spec& spec, int stream, CUresult result) {
  if (calls.size() == kCallsKept) calls.pop_front();
  calls.push_back({++sequence, spec.name, thread().number, stream, spec.bytes, result});
  return result;
}

void State::Violation(const Spec& spec, const std::string& text) {
  if (violations.size() == kViolationsKept) return;
  violations.push_back(std::string(spec.name) + " (call " + std::to_string(sequence + 1) + ", thread " +
                       std::to_string(thread().number) + "): " + text);
}

CUcontext State::DeviceContext(int device) const noexcept {
  return reinterpret_cast<CUcontext>(kFirstContext + static_cast<std::uintptr_t>(device) * kStep);
}

int State::FindDevice(CUcontext context) const {
  for (int device = 0; device < kMaxDevices; ++device) {
    if (retained[static_cast<std::size_t>(device)] > 0 && DeviceContext(device) == context) return device;
  }
  throw Breach{CUDA_ERROR_INVALID_CONTEXT, "a context that nobody retains"};
}

Stream& State::FindStream(CUstream handle) {
  Stream* stream = streams.Find(handle);
  if (handle == nullptr) throw Breach{CUDA_ERROR_INVALID_HANDLE, "the default stream"};
  if (stream == nullptr) throw Breach{CUDA_ERROR_INVALID_HANDLE, "a stream that is not alive"};
  if (stream->device != CurrentDevice()) {
    throw Breach{CUDA_ERROR_INVALID_HANDLE, "a stream of another device's context"};
  }
  return *stream;
}

Event& State::FindAnyEvent(CUevent handle) {
  Event* event = streams.Find(handle);
  if (event == nullptr) throw Breach{CUDA_ERROR_INVALID_HANDLE, "an event that is not alive"};
  return *event;
}

Event& State::FindEvent(CUevent handle) {
  Event& event = FindAnyEvent(handle);
  if (event.device != CurrentDevice()) {
    throw Breach{CUDA_ERROR_INVALID_HANDLE, "an event of another device's context"};
  }
  return event;
}

std::byte* State::DeviceRange(CUdeviceptr address, std::size_t bytes, int device) {
  Block* block = memory.Find(address);
  const auto range = "a device range of " + std::to_string(bytes) + " bytes";
  if (block == nullptr) throw Breach{CUDA_ERROR_INVALID_VALUE, range + " that is not allocated"};
  auto* first = reinterpret_cast<std::byte*>(address);
  if (bytes > block->bytes - static_cast<std::size_t>(first - block->data)) {
    throw Breach{CUDA_ERROR_INVALID_VALUE, range + " that goes beyond " + Describe(*block)};
  }
  if (block->kind == Block::Kind::kDevice && block->device != device) {
    throw Breach{CUDA_ERROR_INVALID_VALUE,
                 range + " in " + Describe(*block) + ", used from device " + std::to_string(device)};
  }
  return first;
}

std::byte* State::HostRange(const void* address, std::size_t bytes, bool& pinned) {
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  const auto range = "a host range of " + std::to_string(bytes) + " bytes";
  if (address == nullptr) throw Breach{CUDA_ERROR_INVALID_VALUE, range + " at null"};
  if (memory.OverlapsFreed(first, bytes)) throw Breach{CUDA_ERROR_INVALID_VALUE, range + " that was freed"};
  const Block* block = memory.FindOverlap(first, bytes);
  pinned = block != nullptr;
  auto* data = reinterpret_cast<std::byte*>(first);
  if (block == nullptr) return data;
  if (block->kind == Block::Kind::kDevice) {
    throw Breach{CUDA_ERROR_INVALID_VALUE, range + " that is device memory"};
  }
  if (!block->Contains(first) || bytes > block->bytes - static_cast<std::size_t>(data - block->data)) {
    throw Breach{CUDA_ERROR_INVALID_VALUE, range + " that goes beyond " + Describe(*block)};
  }
  return data;
}

}  // namespace fake_cuda
