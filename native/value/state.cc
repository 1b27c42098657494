#include "state.h"

#include <algorithm>

#include "device/host_memory.h"
#include "ort/element_type.h"
#include "ort/environment.h"

std::shared_ptr<ValueState> MakeTensorState(ONNXTensorElementDataType type, std::vector<int64_t> dims) {
  auto state = std::make_shared<ValueState>();
  state->type = type;
  state->bytes = ort::ByteLength(type, dims);
  state->dims = std::move(dims);
  return state;
}

// Pinned memory is the CPU's to ONNX Runtime: on a device session it has a mirror, or is mapped.
void PointAt(ValueState& state, void* data) {
  state.data = data;
  const OrtMemoryInfo* info = state.OnDevice() ? state.device->memory_info() : ort::CpuMemoryInfo();
  state.handle = ort::Create<ort::ValueHandle>(ort::api().CreateTensorWithDataAsOrtValue, info, data,
                                               state.bytes, state.dims.data(), state.dims.size(), state.type);
}

void AllocateThere(ValueState& state) {
  if (state.device == nullptr) {
    state.memory = device::HostMemory::Allocate(state.bytes, device::HostMemory::Fill::kNone);
  } else {
    state.memory =
        state.pinned ? state.device->AllocatePinned(state.bytes) : state.device->Allocate(state.bytes);
  }
  PointAt(state, state.memory->data());
}

// Memory of a device that ONNX Runtime allocated is freed by the device's provider, in its turn.
ValueState::~ValueState() {
  if (!OnDevice() || memory) return;
  device::DeferredRelease deferred;
  deferred.value = std::move(handle);
  deferred.session = std::move(session);
  device->Release(std::move(deferred));
}

InUse::~InUse() {
  const int copies = by_ == By::kCopy ? 1 : 0;
  for (const auto& value : read_) {
    --value->readers;
    value->copies -= copies;
  }
  for (const auto& value : written_) {
    --value->writers;
    value->copies -= copies;
  }
}

void InUse::Read(std::shared_ptr<ValueState> value) {
  ++value->readers;
  if (by_ == By::kCopy) ++value->copies;
  read_.push_back(std::move(value));
}

void InUse::Write(std::shared_ptr<ValueState> value) {
  ++value->writers;
  if (by_ == By::kCopy) ++value->copies;
  written_.push_back(std::move(value));
}

bool ValueState::Borrows() const noexcept {
  return !borrowed.IsEmpty() || std::any_of(elements.begin(), elements.end(),
                                            [](const auto& element) { return element->Borrows(); });
}

void ValueState::CheckAttached(Napi::Env env) const {
  for (const auto& element : elements) element->CheckAttached(env);
  if (borrowed.IsEmpty()) return;
  bool detached = false;
  napi_is_detached_arraybuffer(env, borrowed.Value(), &detached);
  if (detached) {
    throw ort::Error("ERR_DETACHED", "the ArrayBuffer of a bound typed array was detached (transferred)");
  }
}
