#include "values.h"

#include <algorithm>

void BoundValues::SetInput(size_t index, std::shared_ptr<ValueState> value) {
  borrows_ = borrows_ || value->Borrows();
  std::swap(inputs_.at(index), value);
  if (renews_) replaced_.push_back(std::move(value));
  checked_at_ = kUnchecked;
}

void BoundValues::SetOutput(BoundOutput output) {
  borrows_ = borrows_ || (output.value && output.value->Borrows());
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

void BoundValues::Check(Napi::Env env) {
  replaced_.clear();
  if (checked_at_ != session_.addon().values_disposed) [[unlikely]] {
    CheckBound();
    checked_at_ = session_.addon().values_disposed;
  }
  if (!borrows_) [[likely]]
    return;
  for (const auto& value : inputs_) {
    if (value) value->CheckAttached(env);
  }
  for (const BoundOutput& output : outputs_) {
    if (output.value) output.value->CheckAttached(env);
  }
}

void BoundValues::CheckBound() const {
  const auto check = [](const ValueState& value, const char* side, const std::string& name) {
    if (value.disposed) {
      throw ort::Error("ERR_DISPOSED",
                       std::string(side) + " '" + name + "' is bound to an OrtValue that was disposed");
    }
  };
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const ort::ValueInfo& info = session_.inputs[i];
    if (inputs_[i]) {
      check(*inputs_[i], "input", info.name);
    } else if (info.kind != ONNX_TYPE_OPTIONAL) {
      throw ort::Error("ERR_MISSING_INPUT", "input '" + info.name + "' is not bound");
    }
  }
  if (outputs_.empty()) throw ort::Error("ERR_MISSING_OUTPUT", "no output is bound");
  for (const BoundOutput& output : outputs_) {
    if (output.value) check(*output.value, "output", session_.outputs[output.index].name);
  }
}

void BoundValues::CheckShared(const InFlight& in_flight) const {
  const auto check = [&](const ValueState& value, bool writes, const char* side, const std::string& name) {
    value.CheckFree(in_flight, writes, &session_, std::string(side) + " '" + name + "'");
  };
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i]) check(*inputs_[i], false, "input", session_.inputs[i].name);
  }
  for (const BoundOutput& output : outputs_) {
    if (output.value) check(*output.value, true, "output", session_.outputs[output.index].name);
  }
}

std::vector<std::shared_ptr<void>> BoundValues::UsedInputs() const {
  std::vector<std::shared_ptr<void>> used(inputs_.begin(), inputs_.end());
  used.insert(used.end(), replaced_.begin(), replaced_.end());
  return used;
}
