#include "state.h"

#include <algorithm>
#include <cstring>

#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/metadata.h"

namespace {

// Between devices that cannot copy to each other.
void CopyThroughHost(const device::Copy& copy, device::Device& from, device::Device& to) {
  auto memory = device::HostMemory::Allocate(copy.to.bytes, device::HostMemory::Fill::kNone);
  const auto host = device::MakeTensorLike(copy.from.value, std::move(memory), ort::CpuMemoryInfo());
  from.CopyOut({copy.from, host.view()});
  to.CopyIn({host.view(), copy.to});
}

}  // namespace

std::shared_ptr<ValueState> MakeTensorState(ONNXTensorElementDataType type, std::vector<int64_t> dims,
                                            const device::Location& where) {
  auto state = std::make_shared<ValueState>(where);
  state->type = type;
  state->bytes = ort::ByteLength(type, dims);
  state->dims = std::move(dims);
  return state;
}

// ONNX Runtime sees pinned memory as the CPU's: a device session binds a device copy of it, or maps it.
void PointAt(ValueState& state, void* data) {
  state.data = data;
  const OrtMemoryInfo* info = state.OnDevice() ? state.device->memory_info() : ort::CpuMemoryInfo();
  state.handle = device::MakeValue(info, data, state.bytes, state.type, state.dims);
}

void AllocateMemory(ValueState& state, device::HostMemory::Fill fill) {
  if (state.device == nullptr) {
    state.memory = device::HostMemory::Allocate(state.bytes, fill);
  } else {
    state.memory =
        state.pinned ? state.device->AllocatePinned(state.bytes) : state.device->Allocate(state.bytes);
  }
  PointAt(state, state.memory->data());
}

// The device's provider frees device memory that ONNX Runtime allocated, under the device lock.
ValueState::~ValueState() {
  if (!OnDevice() || memory) return;
  device->Release({.value = std::move(handle), .session = std::move(session)});
}

InUse::~InUse() {
  for (const auto& [value, role] : values_) {
    --(value.get()->*role);
    if (by_ == By::kCopy) --value->copies;
  }
}

void InUse::Add(std::shared_ptr<ValueState> value, Role role) {
  ++(value.get()->*role);
  if (by_ == By::kCopy) ++value->copies;
  values_.emplace_back(std::move(value), role);
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

void ValueState::CheckCopy(Napi::Env env, const ValueState& from) const {
  from.CheckAttached(env);
  CheckAttached(env);
  if (from.kind != ONNX_TYPE_TENSOR || from.IsString() || from.type != type || from.dims != dims) {
    throw ort::Error("ERR_TYPE_MISMATCH", "a copy needs two tensors of numbers of one type and shape");
  }
  if ((from.OnDevice() && from.writers > 0) || (OnDevice() && InUse())) {
    throw ort::Error("ERR_BUSY", "the device memory is in use by a run in flight");
  }
}

void ValueState::CopyFrom(const device::TensorView& from, const device::Location& where) {
  if (bytes == 0) return;
  const device::Copy copy{from, view()};
  if (!where.OnDevice() && !OnDevice()) {
    std::memmove(data, from.data, bytes);
  } else if (!where.OnDevice()) {
    device->CopyIn(copy);
  } else if (!OnDevice()) {
    where.device->CopyOut(copy);
  } else if (where.device == device) {
    device->CopyWithin(copy);
  } else if (!where.device->CopyAcross(copy, *device)) {
    CopyThroughHost(copy, *where.device, *device);
  }
}
