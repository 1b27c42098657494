// Stand-ins for memory that JavaScript can detach while another thread uses it.
#include <algorithm>
#include <cstring>
#include <optional>

#include "env/addon_data.h"
#include "ort/environment.h"
#include "state.h"

namespace {

device::Tensor MakeSequence(const std::vector<std::shared_ptr<ValueState>>& elements) {
  std::vector<const OrtValue*> values;
  values.reserve(elements.size());
  for (const auto& element : elements) values.push_back(element->Safe().value);
  return {nullptr, ort::Create<ort::ValueHandle>(ort::api().CreateValue, values.data(), values.size(),
                                                 ONNX_TYPE_SEQUENCE)};
}

}  // namespace

device::TensorView ValueState::Safe() const {
  if (!detachable) return view();
  if (!stand_in_.value) {
    stand_in_ = kind == ONNX_TYPE_SEQUENCE
                    ? MakeSequence(shared.elements)
                    : device::MakeTensorLike(
                          handle.get(), device::HostMemory::Allocate(bytes, device::HostMemory::Fill::kNone),
                          ort::CpuMemoryInfo());
  }
  return {stand_in_.value.get(), stand_in_.memory ? stand_in_.memory->data() : nullptr, bytes};
}

bool ValueState::StandInHolds(const void* pointer) const noexcept {
  if (!stand_in_.memory) return false;
  const auto* const first = static_cast<const char*>(stand_in_.memory->data());
  return pointer >= first && pointer < first + std::max<size_t>(bytes, 1);
}

void ValueState::CopyIn(const InFlight& in_flight) const {
  if (!detachable) return;
  for (const auto& element : shared.elements) element->CopyIn(in_flight);
  if (kind == ONNX_TYPE_SEQUENCE) return;
  const auto [used, writer] = in_flight.FindUses(Use(Access::kRead, nullptr));
  if (writer != nullptr && writer->value == this) return;
  if (writer != nullptr) {
    throw ort::Error("ERR_BUSY",
                     "work in flight writes this memory through another OrtValue: use the same OrtValue");
  }
  void* const copy = Safe().data;
  // A run in flight may be reading what has not changed.
  if (bytes > 0 && !(used && std::memcmp(copy, data, bytes) == 0)) std::memcpy(copy, data, bytes);
}

void ValueState::CopyOut(Napi::Env env, uint64_t run) const {
  if (!detachable || kind == ONNX_TYPE_SEQUENCE) return;
  CheckAttached(env);
  if (copied_out_ >= run) return;
  owed_ = AddonData::Of(env).in_flight->OthersWrite(this, run);
  if (owed_) return;
  copied_out_ = run;
  if (bytes > 0) std::memcpy(data, Safe().data, bytes);
}

void ValueState::CopyOwed(uint64_t run) const noexcept {
  if (!owed_) return;
  std::optional<ort::Error> detached;  // the promises of the runs report it
  ort::CatchInto(detached, [&] { CopyOut(borrowed.Env(), run); });
}
