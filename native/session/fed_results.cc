// The memory of session.run's feeds: before a run on another thread, and where results share it.
#include <algorithm>
#include <cstring>

#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/strings.h"
#include "ort/tensor.h"
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

// On the thread that runs, at the end of the run: a later one may write a feed that is an OrtValue, and the
// array of a fetch may be the memory of a feed. Such results become copies.
void RunCall::CopyPassed() {
  for (size_t i = 0; i < outputs_.size(); ++i) {
    if (targets_[i].info != ort::CpuMemoryInfo() || !IsTensor(i)) continue;
    const OrtValue* const result = outputs_[i].get();
    if (!IsFed(ort::Data(result))) continue;
    const ort::TensorShape shape = ort::Shape(result);
    ort::ValueHandle copy = ort::CreateTensor(shape.type, shape.dims);
    if (shape.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) {
      ort::CopyStrings(result, copy.get(), ort::ElementCount(shape.dims));
    } else if (const size_t bytes = ort::ByteLength(shape.type, shape.dims); bytes > 0) {
      std::memcpy(ort::Data(copy.get()), ort::Data(result), bytes);
    }
    outputs_[i] = std::move(copy);
  }
}
