// The values bound to a session's inputs and outputs.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "session/state.h"
#include "value/state.h"

struct BoundOutput {
  size_t index;
  std::shared_ptr<ValueState> value;  // null: ONNX Runtime allocates the output for each run,
  const OrtMemoryInfo* info;          // in this memory
};

// Changed by the JS thread while no run is in flight, read by the thread that runs.
class BoundValues {
 public:
  explicit BoundValues(const SessionState& session) : session_(session), inputs_(session.inputs.size()) {}

  // By the input's index; null where unbound.
  const std::vector<std::shared_ptr<ValueState>>& inputs() const noexcept { return inputs_; }
  // In the order they were bound.
  const std::vector<BoundOutput>& outputs() const noexcept { return outputs_; }
  // Whether some output is to be renewed for each run: see BindingHost::Renew.
  bool renews() const noexcept { return renews_; }

  void SetInput(size_t index, std::shared_ptr<ValueState> value);
  void SetOutput(BoundOutput output);
  void ClearInputs();
  void ClearOutputs();

  // Before each run: throws where an input or every output is unbound, or a value was disposed or detached.
  void Check(Napi::Env env);

  // The same: throws ERR_BUSY where a run in flight writes the memory of a value, or in another session reads
  // what this one writes.
  void CheckFree(const InFlight& in_flight) const {
    if (!in_flight.empty()) [[unlikely]]
      CheckShared(in_flight);
  }

  // The inputs of the last run, whose memory its outputs may share.
  std::vector<std::shared_ptr<void>> UsedInputs() const;

 private:
  void CheckBound() const;
  void CheckShared(const InFlight& in_flight) const;

  static constexpr uint64_t kUnchecked = ~uint64_t{0};

  const SessionState& session_;
  std::vector<std::shared_ptr<ValueState>> inputs_;
  std::vector<std::shared_ptr<ValueState>> replaced_;  // inputs of the last run that are unbound
  std::vector<BoundOutput> outputs_;
  // AddonData::values_disposed when the values were last checked: while it stays, none can have been
  // disposed.
  uint64_t checked_at_ = kUnchecked;
  bool renews_ = false;
  bool borrows_ = false;  // some value borrows a user's typed array
};
