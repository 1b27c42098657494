// The memory of session.run's feeds: before a run on another thread, and where results share it.
#include <algorithm>
#include <cstring>
#include <optional>

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

// The feed in host memory that is the result, where ONNX Runtime uploads it: its copy of the result from the
// device does not wait for the upload.
const OrtValue* RunCall::UploadedFeed(size_t output) const {
  const std::optional<size_t>& source = session_->passed_inputs[output_indices_[output]];
  if (!source || !session_->inputs_on_device[*source]) return nullptr;
  const char* const name = session_->inputs[*source].name.c_str();
  const auto found = std::find(input_names_.begin(), input_names_.end(), name);
  if (found == input_names_.end()) return nullptr;
  const OrtValue* const feed = inputs_[found - input_names_.begin()];
  const OrtMemoryInfo* info = nullptr;
  ort::Check(ort::api().GetTensorMemoryInfo(feed, &info));
  return session_->device->Holds(info) ? nullptr : feed;
}

// On the thread that runs, at the end of the run: a later one may write a feed that is an OrtValue, and the
// array of a fetch may be the memory of a feed. Such results become copies.
void RunCall::CopyPassed() {
  const auto copy = [](const OrtValue* from, OrtValue* to, const ort::TensorShape& shape) {
    if (shape.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) {
      ort::CopyStrings(from, to, ort::ElementCount(shape.dims));
    } else if (const size_t bytes = ort::ByteLength(shape.type, shape.dims); bytes > 0) {
      std::memcpy(ort::Data(to), ort::Data(from), bytes);
    }
  };
  for (size_t i = 0; i < outputs_.size(); ++i) {
    const device::Location where = session_->Location(targets_[i].info);
    if (where.OnDevice() || !IsTensor(i)) continue;
    ort::ValueHandle& result = outputs_[i];
    const ort::TensorShape shape = ort::Shape(result.get());
    if (!IsFed(ort::Data(result.get()))) {
      if (const OrtValue* const feed = UploadedFeed(i)) copy(feed, result.get(), shape);
    } else if (where.pinned && ort::ElementBits(shape.type) != 0) {
      auto memory = where.device->AllocatePinned(ort::ByteLength(shape.type, shape.dims));
      own_results_[i] = device::MakeTensorLike(result.get(), std::move(memory), targets_[i].info);
      copy(result.get(), own_results_[i].value.get(), shape);
    } else {
      ort::ValueHandle own = ort::CreateTensor(shape.type, shape.dims);
      copy(result.get(), own.get(), shape);
      result = std::move(own);
    }
  }
}
