// The values bound to a session's inputs and outputs.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <vector>

#include "session/state.h"
#include "value/state.h"

struct BoundOutput {
  size_t index;
  std::shared_ptr<ValueState> value;  // null: ONNX Runtime allocates the output for each run,
  const OrtMemoryInfo* info;          // in this memory
  bool alias = false;                 // ONNX Runtime writes the memory of an input while it may read it
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

  // Before a value is bound or unbound: what follows then allocates nothing, so that it cannot fail once the
  // host has bound.
  void Reserve();
  void SetInput(size_t index, std::shared_ptr<ValueState> value);
  void SetOutput(BoundOutput output);
  void ClearInputs();
  void ClearOutputs();

  // Before a value is bound: throws where its memory and that of another value overlap in a way that no copy
  // mends.
  void CheckInput(size_t index, const ValueState& value) const;
  void CheckOutput(size_t index, const ValueState& value) const;

  // Whether ONNX Runtime must write elsewhere than into the memory of an output, which is an input's too.
  bool NeedsSecond(const BoundOutput& output) const;
  // The value of the input that ONNX Runtime gives as this output in place of writing into it. Throws where
  // the output has another type or shape.
  const ValueState* Passed(const BoundOutput& output) const;

  // The tensor of the input that ONNX Runtime gives as an output which it allocates.
  const ValueState* Returned(const BoundOutput& output) const;

  // Before each run. Whether Check is needed: after a bind, or when a value was disposed.
  bool Unchecked() const noexcept;
  // Whether the check follows a bind.
  bool Changed() const noexcept { return checked_at_ == kUnchecked; }
  // Throws where an input or every output is unbound, or a value was disposed.
  void Check() const;
  void SetChecked() noexcept;
  // Throws where a typed array was detached.
  void CheckAttached(Napi::Env env) const {
    if (borrows_) [[unlikely]]
      CheckBorrowed(env);
  }

  // Whether a run on another thread uses stand-ins for some values.
  bool detachable() const noexcept { return detachable_; }
  // Before and after such a run.
  void CopyIn(const InFlight& in_flight) const;
  void CopyOut(Napi::Env env, uint64_t run) const;
  // After any end of such a run.
  void CopyOwed(uint64_t run) const noexcept;

  // The same: throws ERR_BUSY where a run in flight writes the memory of a value, or in another session reads
  // what this one writes.
  void CheckFree(const InFlight& in_flight) const {
    if (!in_flight.empty()) [[unlikely]]
      CheckShared(in_flight);
  }

  // Whether memory of the values is written in `in_flight` too, or written here and used there, in any order.
  bool Conflicts(const InFlight& in_flight) const;
  void Use(InUse& in_use) const;

  bool IsInput(const std::shared_ptr<ValueState>& value) const;
  // Whether the value shares memory with an input.
  bool SharesInput(const ValueState& value) const;
  // Of a run, to the value of an output.
  Access AccessTo(const BoundOutput& output) const {
    return IsInput(output.value) ? Access::kStep : Access::kWrite;
  }
  // The run is accepted: the results of the last one, and what they share, are no longer read.
  void DropReplaced() noexcept { replaced_.clear(); }
  // The inputs of the last run, whose memory its outputs may share.
  std::vector<std::shared_ptr<ValueState>> UsedInputs() const;

 private:
  void CheckBorrowed(Napi::Env env) const;
  void CheckShared(const InFlight& in_flight) const;
  // For errors.
  std::string Input(size_t index) const;
  std::string Output(size_t index) const;

  static constexpr uint64_t kUnchecked = ~uint64_t{0};

  const SessionState& session_;
  std::vector<std::shared_ptr<ValueState>> inputs_;
  std::vector<std::shared_ptr<ValueState>> replaced_;  // inputs of the last run that are unbound
  std::vector<BoundOutput> outputs_;
  // AddonData::values_disposed when the values were last checked: while it stays, none can have been
  // disposed.
  uint64_t checked_at_ = kUnchecked;
  bool renews_ = false;
  bool borrows_ = false;     // some value borrows a user's typed array
  bool detachable_ = false;  // that JavaScript can detach during a run
};
