// The memory of session.run's feeds: before a run on another thread, and where results share it.
#include <algorithm>
#include <cstring>

#include "ort/element_type.h"
#include "ort/environment.h"
#include "run.h"

void RunCall::CopyIn(const InFlight& in_flight) const {
  for (const auto& value : fed_values_) value->CopyIn(in_flight);
}

// A model's output may share its input's memory.
bool RunCall::IsFed(const void* data) const {
  return std::any_of(inputs_.begin(), inputs_.end(), [data](const OrtValue* input) {
    return ort::Kind(input) == ONNX_TYPE_TENSOR && ort::Data(input) == data;
  });
}

// What a result that is not a tensor may share.
Shared RunCall::Fed() const {
  Shared fed;
  fed.memory.assign(copies_.begin(), copies_.end());
  for (const auto& input : fed_values_) fed.Add(input);
  return fed;
}

// A fetch's array may be the memory of a feed that another output shares.
void RunCall::SavePassed() {
  if (std::all_of(targets_.begin(), targets_.end(), [](const auto& one) { return one.array.IsEmpty(); }))
    return;
  saved_.resize(outputs_.size());
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (!IsTensor(i) || targets_[i].info != ort::CpuMemoryInfo()) continue;
    const ort::TensorShape shape = ort::Shape(outputs_[i].get());
    const void* data = ort::ElementBits(shape.type) != 0 ? ort::Data(outputs_[i].get()) : nullptr;
    if (data == nullptr || !IsFed(data)) continue;
    const size_t bytes = ort::ByteLength(shape.type, shape.dims);
    saved_[i] = device::HostMemory::Allocate(bytes, device::HostMemory::Fill::kNone);
    std::memcpy(saved_[i]->data(), data, bytes);
  }
}
