// A binding on a device. ONNX Runtime would copy host memory that is bound to a device's input once, when it
// is bound. So host memory has a device copy, which is bound in its place: each run uploads the inputs and
// downloads the outputs.
#pragma once

#include <span>

#include "host.h"
#include "slot.h"

class DeviceBinding final : public BindingHost {
 public:
  DeviceBinding(SessionState& session, const BoundValues& values);

  // These note the value alone. The next run binds it, on the run thread: some calls of ONNX Runtime wait for
  // a run of the session that is in flight.
  void BindInput(size_t index, const ValueState& value, bool mapped) override;
  void BindOutput(const BoundOutput& output, bool mapped) override;
  void UnbindInput(size_t index) override;
  void ClearInputs() override;
  void ClearOutputs() override;

  void Arrange() override;
  void Prepare(const std::optional<std::vector<size_t>>& changed, bool replay) override;
  void Start(device::Beside beside) override;
  bool StartInPlace(bool waits) override;
  bool Poll(bool wait) override;
  void Abandon() noexcept override {
    run_->Abandon();
    uploaded_.clear();
  }
  // Copies on the host follow the end of the run.
  bool CanOverlap() const noexcept override { return session_.queue->overlaps() && host_copies_.empty(); }

  void CheckCapturable(const CaptureMode& mode) const override;
  void PrepareCapture(const CaptureMode& mode) override;
  void Capture() override;
  void ReleaseCapture() noexcept override;

  bool IsInputOnDevice(const void* data) const noexcept override;
  const device::Tensor* OwnResult(size_t index) const noexcept override;
  size_t device_bytes() const noexcept override;
  void Release() noexcept override;

 private:
  struct Mode : device::RunMode {
    bool download = true;    // outputs in host memory are written
    bool recapture = false;  // a capture follows the run
  };
  bool Run(BindingOptions::Kind kind, const Mode& mode);
  void Compute(BindingOptions::Kind kind, const OrtIoBinding* binding);
  void CaptureWork(const OrtIoBinding* binding);
  void CheckWhole() const;
  void CheckUploadsAll(const std::vector<size_t>& changed) const;
  bool IsStale() const noexcept;
  void StartStale(device::Beside beside);
  void Recapture(const OrtIoBinding* binding);
  void BeginShapes();
  void EndShapes();
  void OwnResults();
  const OrtIoBinding* Bind();
  void AllocateCopies();
  const Slot* ReturnedInput(const BoundOutput& output) const;
  void AllocateReturned();
  void AddReturned();
  const std::vector<device::Copy>& Uploads();
  void Replace(Slot& slot, Slot next);
  void Retire(Slot& slot);
  void Update();
  void AddCopies();
  // After a run: copies what ONNX Runtime has written elsewhere than asked, and what the CPU has written for
  // the device.
  void CopyFromHost(const OrtIoBinding* binding);
  std::vector<device::TensorView> OutputsOnDevice(bool copies) const;

  // ONNX Runtime omits to release the pinned buffers that kernels borrowed, unless it waits for the device.
  static constexpr unsigned kSynchronizeEvery = 32;
  // Of the shapes of a capture: after one, an arena that extends as requested may still need to grow.
  static constexpr int kWarmUps = 2;
  static constexpr int kMostFailedRecaptures = 4;

  std::vector<Slot> slots_;
  std::span<Slot> inputs_;  // the first of them
  std::span<Slot> outputs_;
  std::vector<Slot> retired_;  // inputs of the last run, whose memory its outputs may share
  bool rebuild_ = false;       // the next run creates another OrtIoBinding

  // What Update derives from the slots, before the next run.
  bool updated_ = false;
  std::vector<device::Copy> downloads_;
  std::vector<device::Copy> copies_;       // on the device, after each run
  std::vector<device::Copy> host_copies_;  // the same on the host
  std::vector<device::Copy> host_inputs_;  // on the host, before each run: inputs that are outputs
  device::HostUse host_use_;
  bool writes_on_host_ = false;             // some output is written by the CPU
  std::vector<ort::ValueHandle> uploaded_;  // by the run in flight, after ONNX Runtime's
  bool lacks_copies_ = false;
  bool copies_wait_ = false;  // some memory is pageable, whose copies may wait for kernels

  std::vector<device::Copy> uploads_;  // of the next run
  BindingOptions::Kind kind_ = BindingOptions::kPlain;
  unsigned runs_ = 0;
  // Graphs. Of the run thread, where a capture or a run is in flight:
  const bool captures_;  // whether the queue does; else ONNX Runtime, by
  int graph_id_ = 0;     // its id; 0: no graph
  CaptureMode capture_mode_;
  bool counted_ = false;       // among the session's
  uint64_t graph_epoch_ = 0;   // of the session, at the capture
  int failed_recaptures_ = 0;  // in a row
  InputShapes shapes_;         // of the bound inputs
  bool shapes_known_ = false;  // to the session
  std::vector<device::Tensor> own_results_;
  std::unique_ptr<device::DeviceRun> run_;
};
