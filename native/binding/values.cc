#include "values.h"

#include <algorithm>

#include "overlap.h"

namespace {

void CheckPart(const std::string& name, const ValueState& value, const std::string& other_name,
               const ValueState& other) {
  if (FindOverlap(value, other) != Overlap::kPartial) return;
  throw ort::Error("ERR_MEMORY_OVERLAP", name + " overlaps with a part of the memory of " + other_name);
}

bool Shares(const std::shared_ptr<ValueState>& input, const ValueState& value) {
  return input && FindOverlap(*input, value) != Overlap::kNone;
}

std::string Text(const std::vector<int64_t>& dims) {
  std::string text(1, '{');
  for (const int64_t dim : dims) {
    if (text.size() > 1) text += ',';
    text += std::to_string(dim);
  }
  text += '}';
  return text;
}

}  // namespace

void BoundValues::Reserve() {
  const size_t needed = replaced_.size() + inputs_.size();
  if (needed > replaced_.capacity()) replaced_.reserve(2 * needed);
  outputs_.reserve(session_.outputs.size());
}

std::string BoundValues::Input(size_t index) const { return "input '" + session_.inputs[index].name + "'"; }

std::string BoundValues::Output(size_t index) const {
  return "output '" + session_.outputs[index].name + "'";
}

void BoundValues::SetInput(size_t index, std::shared_ptr<ValueState> value) {
  borrows_ = borrows_ || (value && value->Borrows());
  detachable_ = detachable_ || (value && value->detachable);
  std::swap(inputs_.at(index), value);
  if (renews_) replaced_.push_back(std::move(value));
  checked_at_ = kUnchecked;
}

void BoundValues::SetOutput(BoundOutput output) {
  borrows_ = borrows_ || (output.value && output.value->Borrows());
  detachable_ = detachable_ || (output.value && output.value->detachable);
  const auto found = std::find_if(outputs_.begin(), outputs_.end(),
                                  [&](const BoundOutput& other) { return other.index == output.index; });
  if (found != outputs_.end()) {
    *found = std::move(output);
  } else {
    outputs_.push_back(std::move(output));
  }
  renews_ = std::any_of(outputs_.begin(), outputs_.end(), [](const BoundOutput& other) {
    return other.value == nullptr || other.value->IsString();
  });
  checked_at_ = kUnchecked;
}

void BoundValues::ClearInputs() {
  if (renews_) replaced_.insert(replaced_.end(), inputs_.begin(), inputs_.end());
  inputs_.assign(inputs_.size(), nullptr);
  checked_at_ = kUnchecked;
}

void BoundValues::ClearOutputs() {
  outputs_.clear();
  renews_ = false;
  checked_at_ = kUnchecked;
}

bool BoundValues::Unchecked() const noexcept { return checked_at_ != session_.addon().values_disposed; }

void BoundValues::SetChecked() noexcept { checked_at_ = session_.addon().values_disposed; }

void BoundValues::CheckBorrowed(Napi::Env env) const {
  for (const auto& value : inputs_) {
    if (value) value->CheckAttached(env);
  }
  for (const BoundOutput& output : outputs_) {
    if (output.value) output.value->CheckAttached(env);
  }
}

void BoundValues::CheckInput(size_t index, const ValueState& value) const {
  for (const BoundOutput& output : outputs_) {
    if (output.value) CheckPart(Input(index), value, Output(output.index), *output.value);
  }
}

void BoundValues::CheckOutput(size_t index, const ValueState& value) const {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i]) CheckPart(Output(index), value, Input(i), *inputs_[i]);
  }
  for (const BoundOutput& other : outputs_) {
    if (other.index == index || !other.value || FindOverlap(value, *other.value) == Overlap::kNone) continue;
    throw ort::Error("ERR_MEMORY_OVERLAP",
                     Output(index) + " and " + Output(other.index) + " would be written to the same memory");
  }
}

bool BoundValues::NeedsSecond(const BoundOutput& output) const {
  if (!output.value || (output.alias && !output.value->IsString())) return false;
  const auto source = session_.passed_inputs[output.index];
  // Of an input that is passed to this output its memory is the result.
  if (source && Shares(inputs_[*source], *output.value)) return false;
  return SharesInput(*output.value);
}

const ValueState* BoundValues::Passed(const BoundOutput& output) const {
  const auto source = session_.passed_inputs[output.index];
  if (!source || !output.value || !inputs_[*source]) return nullptr;
  const ValueState& input = *inputs_[*source];
  if (input.kind != ONNX_TYPE_TENSOR) return nullptr;
  if (input.type == output.value->type && input.dims == output.value->dims) return &input;
  // As ONNX Runtime says it of other outputs: lib/engine/ort-errors.ts reads the shapes.
  throw ort::Error("ERR_ORT_INVALID_ARGUMENT",
                   "the buffer for output: '" + session_.outputs[output.index].name + "' has shape " +
                       Text(output.value->dims) + " but the computed output shape for this run is " +
                       Text(input.dims));
}

const ValueState* BoundValues::Returned(const BoundOutput& output) const {
  const auto source = session_.passed_inputs[output.index];
  if (output.value || !source || !inputs_[*source]) return nullptr;
  const ValueState& input = *inputs_[*source];
  return input.kind == ONNX_TYPE_TENSOR ? &input : nullptr;
}

void BoundValues::Check() const {
  const auto check = [](const ValueState& value, const std::string& name) {
    if (value.disposed) throw ort::Error("ERR_DISPOSED", name + " is bound to an OrtValue that was disposed");
  };
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const ort::ValueInfo& info = session_.inputs[i];
    if (inputs_[i]) {
      check(*inputs_[i], Input(i));
    } else if (info.kind != ONNX_TYPE_OPTIONAL && !info.overridable) {
      throw ort::Error("ERR_MISSING_INPUT", "input '" + info.name + "' is not bound");
    }
  }
  if (outputs_.empty()) throw ort::Error("ERR_MISSING_OUTPUT", "no output is bound");
  for (const BoundOutput& output : outputs_) {
    if (output.value) check(*output.value, Output(output.index));
  }
}

void BoundValues::CopyIn(const InFlight& in_flight) const {
  for (const auto& value : inputs_) {
    if (value) value->CopyIn(in_flight);
  }
  // A run that is canceled before it began leaves what a later one may read.
  for (const BoundOutput& output : outputs_) {
    if (output.value) output.value->CopyIn(in_flight);
  }
}

void BoundValues::CopyOut(Napi::Env env, uint64_t run) const {
  for (const BoundOutput& output : outputs_) {
    if (output.value) output.value->CopyOut(env, run);
  }
}

void BoundValues::CopyOwed(uint64_t run) const noexcept {
  for (const BoundOutput& output : outputs_) {
    if (output.value) output.value->CopyOwed(run);
  }
}

bool BoundValues::IsInput(const std::shared_ptr<ValueState>& value) const {
  return std::find(inputs_.begin(), inputs_.end(), value) != inputs_.end();
}

bool BoundValues::SharesInput(const ValueState& value) const {
  return std::any_of(inputs_.begin(), inputs_.end(), [&](const auto& input) { return Shares(input, value); });
}

void BoundValues::CheckShared(const InFlight& in_flight) const {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i]) inputs_[i]->CheckFree(in_flight, Access::kRead, &session_, Input(i));
  }
  for (const BoundOutput& output : outputs_) {
    if (output.value) output.value->CheckFree(in_flight, AccessTo(output), &session_, Output(output.index));
  }
}

bool BoundValues::Conflicts(const InFlight& in_flight) const {
  return std::any_of(inputs_.begin(), inputs_.end(),
                     [&](const auto& input) {
                       return input && input->Conflict(in_flight, Access::kRead, nullptr) != nullptr;
                     }) ||
         std::any_of(outputs_.begin(), outputs_.end(), [&](const BoundOutput& output) {
           return output.value && output.value->Conflict(in_flight, Access::kWrite, nullptr) != nullptr;
         });
}

void BoundValues::Use(InUse& in_use) const {
  for (const auto& input : inputs_) {
    if (input) in_use.Add(input, Access::kRead);
  }
  for (const BoundOutput& output : outputs_) {
    if (output.value) in_use.Add(output.value, AccessTo(output));
  }
}

std::vector<std::shared_ptr<ValueState>> BoundValues::UsedInputs() const {
  std::vector<std::shared_ptr<ValueState>> used(inputs_);
  used.insert(used.end(), replaced_.begin(), replaced_.end());
  std::erase(used, nullptr);
  return used;
}
