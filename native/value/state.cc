#include "state.h"

#include <algorithm>
#include <cstring>

#include "copies.h"
#include "env/addon_data.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/metadata.h"
#include "ort/tensor.h"

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
  state.handle = ort::TensorOver(info, data, state.bytes, state.type, state.dims);
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

void Shared::Add(const std::shared_ptr<ValueState>& input) {
  const auto add = [](auto& all, const auto& more) {
    all.insert(all.end(), more.begin(), more.end());
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
  };
  if (input->kind == ONNX_TYPE_TENSOR) {
    memory.push_back(input);
  } else {
    add(elements, input->shared.elements);
    add(memory, input->shared.memory);
    if (input->session) memory.push_back(input->session);
  }
}

// The device's provider frees device memory that ONNX Runtime allocated, under the device lock.
ValueState::~ValueState() {
  if (!OnDevice() || memory) return;
  device->Release({.value = std::move(handle), .session = std::move(session)});
}

InUse::~InUse() {
  if (in_flight_) in_flight_->Remove(id_);
}

void InUse::Add(const std::shared_ptr<ValueState>& value, Access access) {
  values_.push_back(value);  // first: a use points to its value, and to the value's array
  AddUse(value->Use(access, nullptr));
  for (const auto& element : value->shared.elements) AddUse(element->Use(access, nullptr));
}

void InUse::AddUse(MemoryUse use) {
  use.session = session_;
  use.by = id_;
  in_flight_->Add(use);
}

device::HostRange ValueState::Range() const {
  if (!handle) return {};
  // As many bytes as elements: a string is larger, so that other tensors' are elsewhere.
  if (IsString()) return {static_cast<const char*>(ort::Data(handle.get())), ort::ElementCount(dims)};
  return data != nullptr && bytes > 0 ? MemoryRange() : device::HostRange{};
}

void ValueState::CheckAligned(const std::string& what) const {
  if (bytes == 0 || reinterpret_cast<uintptr_t>(data) % device->alignment() == 0) return;
  throw ort::Error("ERR_INVALID_ARG_VALUE",
                   what + " is memory at an address that kernels of " + device->name() +
                       " cannot access: expected a multiple of " + std::to_string(device->alignment()) +
                       " bytes. Begin the view at one, or copyTo() a value with memory of its own");
}

MemoryUse ValueState::Use(Access access, const void* session) const {
  return {.value = this,
          .range = Range(),
          .access = access,
          .session = session,
          .array = borrowed.IsEmpty() ? nullptr : &borrowed};
}

const MemoryUse* ValueState::Conflict(const InFlight& in_flight, Access access, const void* session) const {
  for (const auto& element : shared.elements) {
    if (const MemoryUse* other = element->Conflict(in_flight, access, session)) return other;
  }
  return in_flight.Conflict(Use(access, session));
}

void ValueState::CheckFree(const InFlight& in_flight, Access access, const void* session,
                           const std::string& what) const {
  if (in_flight.empty()) return;
  const MemoryUse* const other = Conflict(in_flight, access, session);
  if (other == nullptr) return;
  if (other->session == nullptr && other->value != nullptr)
    throw ort::Error("ERR_BUSY", what + " is memory that is being copied");
  throw ort::Error("ERR_BUSY",
                   what + " is memory that a run in flight " + (other->writes() ? "writes" : "reads"));
}

bool ValueState::Borrows() const noexcept {
  return !borrowed.IsEmpty() || std::any_of(shared.elements.begin(), shared.elements.end(),
                                            [](const auto& element) { return element->Borrows(); });
}

void ValueState::CheckAttached(Napi::Env env) const {
  for (const auto& element : shared.elements) element->CheckAttached(env);
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
  const InFlight& in_flight = *AddonData::Of(env).in_flight;
  from.CheckFree(in_flight, Access::kRead, nullptr, "the source of the copy");
  CheckFree(in_flight, Access::kWrite, nullptr, "the target of the copy");
}

void ValueState::CopyFrom(const device::TensorView& from, const device::Location& where) {
  CopyTensor(from, where, view(), *this);
}
