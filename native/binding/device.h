// The device's side of a binding. Host memory that is bound has a mirror on the device, which is what ONNX
// Runtime gets to see: bound itself, it would be copied once, when it is bound. Each run copies it to the
// mirror, or back from it.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "device/device.h"
#include "session/state.h"
#include "value/value.h"

class DeviceBinding {
 public:
  explicit DeviceBinding(SessionState& session);

  // JS thread, binding idle. What is bound is noted here, and ONNX Runtime is told by the next run, on the
  // run thread: some of its calls wait for a run of the session that is going on. `mapped`: pinned memory
  // that the device reads and writes where it is.
  void Input(size_t index, const ValueState& value, bool mapped);
  void Output(size_t index, const ValueState& value, bool mapped);
  // The output is ONNX Runtime's to allocate.
  void NoOutput(size_t index);
  void ForgetInputs();
  void ForgetOutputs();

  // Run thread, in the device's turn. A new OrtIoBinding knows of nothing.
  void Untold();
  // What ONNX Runtime is to be given for a value that it was not told of; null where it was. Told follows.
  OrtValue* TellInput(size_t index) { return Tell(inputs_[index]); }
  OrtValue* TellOutput(size_t index) { return Tell(outputs_[index]); }
  void ToldInput(size_t index) { inputs_[index].told = true; }
  void ToldOutput(size_t index) { outputs_[index].told = true; }

  // JS thread, before a run: the inputs that have changed since the last one; null: all.
  void Select(const std::vector<size_t>* changed);

  struct StartMode {
    bool overlap = false;  // other runs of the session are going on, or about to
    bool capture = false;  // ONNX Runtime captures a graph
    bool download = true;  // outputs in host memory are written
  };
  // Run thread. `prepare` is called in the device's turn, before the copies, and gives the OrtIoBinding.
  // `canceled` ends the wait for the turn.
  template <typename Prepare>
  void Start(const OrtRunOptions* options, const StartMode& mode, const std::atomic<bool>& canceled,
             Prepare prepare) {
    try {
      run_->Begin(mode.overlap, mode.capture, host_, canceled);
      AllocateMirrors();
      const OrtIoBinding* binding = prepare();
      run_->Upload(Uploads());
      run_->Run(session_.handle.get(), options, binding);
      run_->Download(mode.download ? downloads_ : none_);
      run_->Submit();
    } catch (...) {
      run_->Abandon();
      throw;
    }
  }
  bool Ended(bool wait);

  // Whether memory of the device is an input's mirror, or mapped: of what is bound, or was at the last run.
  bool Mirrors(const void* data) const noexcept;
  // What the mirrors take.
  size_t bytes() const noexcept;
  // JS thread, before a run.
  void ForgetReplaced() noexcept { replaced_.clear(); }

  // Run thread. What a run writes on the device: what the user sees there (device memory, mapped memory), and
  // the mirrors of what is copied back.
  std::vector<device::TensorView> VisibleOutputs() const;
  std::vector<device::TensorView> AllOutputs() const;
  // Throws ERR_GRAPH_CAPTURE where a replay would not do what a run does.
  void CheckCapturable(const std::vector<std::string>& unbound) const;

 private:
  enum class Way { kNone, kHost, kDevice, kMirror, kMapped };
  struct Slot {
    Way way = Way::kNone;
    device::Tensor tensor;  // the mirror, or the mapped memory's view by the device
    // Of the user's value; of a mirror's, over the same memory, since copies that go together must agree on
    // what ONNX Runtime takes the memory for, and its own values differ.
    device::TensorView bound;
    ort::ValueHandle host;
    ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    std::vector<int64_t> dims;
    bool told = false;   // ONNX Runtime has it
    bool fresh = false;  // an input's mirror holds what the host memory held last
    bool selected = true;
    const void* there = nullptr;  // the mirror's memory, or mapped memory's address by the device
    bool used = false;            // by the last run
    bool kept = true;             // no run of the binding writes that host memory
    OrtValue* value() const { return tensor.value ? tensor.value.get() : bound.value; }
  };

  Slot MakeSlot(const ValueState& value, bool on_device, bool mapped, const std::string& name) const;
  void Set(Slot& slot, Slot next);
  static OrtValue* Tell(const Slot& slot) { return slot.told ? nullptr : slot.value(); }
  void AllocateMirror(Slot& slot) const;
  void AllocateMirrors();
  const std::vector<device::Copy>& Uploads();
  void SlotsChanged();
  void Retire(Slot& slot);

  SessionState& session_;
  std::vector<Slot> inputs_;
  std::vector<Slot> outputs_;
  std::vector<Slot> replaced_;           // inputs of the last run, which its outputs may still share
  std::vector<device::Copy> uploads_;    // of the next run
  std::vector<device::Copy> downloads_;  // of every run
  device::HostUse host_;                 // likewise
  bool mirrors_missing_ = false;
  const std::vector<device::Copy> none_;
  std::unique_ptr<device::DeviceRun> run_;
};
