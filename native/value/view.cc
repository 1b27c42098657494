// Tensors over a part of another one's memory.
#include <algorithm>

#include "convert.h"
#include "ort/element_type.h"
#include "value.h"

namespace {

// The memory of a tensor that ONNX Runtime allocated, as a block.
class TensorMemory final : public device::Memory {
 public:
  explicit TensorMemory(std::shared_ptr<ValueState> tensor)
      : Memory(tensor->data, tensor->bytes), tensor_(std::move(tensor)) {}

 private:
  std::shared_ptr<ValueState> tensor_;
};

}  // namespace

std::shared_ptr<ValueState> MakeView(const std::shared_ptr<ValueState>& whole, std::vector<int64_t> dims,
                                     size_t offset) {
  auto state = MakeTensorState(whole->type, std::move(dims), *whole);
  if (offset > whole->bytes || state->bytes > whole->bytes - offset) {
    throw ort::Error("ERR_INVALID_LENGTH", "the view ends beyond the tensor");
  }
  // The block is everybody's: a chain of views is not a chain of owners.
  state->memory = whole->memory ? whole->memory : std::make_shared<TensorMemory>(whole);
  const device::TensorView view = whole->view();
  PointAt(*state, whole->OnDevice() ? whole->device->Part(view, offset, state->bytes)
                                    : static_cast<char*>(view.data) + offset);
  return state;
}

// view(dims: number[], offset: number): EngineValue - `offset` in elements; not of a borrowed array
Napi::Value Value::View(const Napi::CallbackInfo& info) {
  const std::shared_ptr<ValueState>& whole = State();
  const int64_t offset = info[1].As<Napi::Number>().Int64Value();
  const size_t first = ort::ByteLength(whole->type, std::span(&offset, 1));
  const Napi::Object object = New(info.Env(), MakeView(whole, ToDims(info[0]), first));
  Value* const view = Unwrap(object);
  view->Account(info.Env(), 0);
  view->viewed_ = Napi::Persistent(info.This().As<Napi::Object>());
  return object;
}

// sharesMemory(other: EngineValue): boolean
Napi::Value Value::SharesMemory(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), FindOverlap(*State(), *State(info[0])) != Overlap::kNone);
}

Overlap FindOverlap(const ValueState& one, const ValueState& other) {
  if (one.OnDevice() != other.OnDevice()) return Overlap::kNone;
  const device::HostRange range = one.Range();
  const device::HostRange with = other.Range();
  if (range.bytes > 0 && with.bytes > 0 && range.Overlaps(with)) {
    return range.first == with.first && one.bytes == other.bytes ? Overlap::kSame : Overlap::kPartial;
  }
  // Of a sequence and a tensor.
  const auto contains = [](const ValueState& sequence, const ValueState& tensor) {
    const auto& elements = sequence.shared.elements;
    return std::any_of(elements.begin(), elements.end(),
                       [&](const auto& element) { return FindOverlap(*element, tensor) != Overlap::kNone; });
  };
  return contains(one, other) || contains(other, one) ? Overlap::kSame : Overlap::kNone;
}
