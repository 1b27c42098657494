// One call of session.run: feeds in, results out, nothing kept.
#pragma once

#include <napi.h>

#include <atomic>
#include <memory>
#include <vector>

#include "device/host_memory.h"
#include "env/async_job.h"
#include "env/job_times.h"
#include "state.h"
#include "value/value.h"

// Whether a run reads a feed's typed array itself, which it may where it ends before JavaScript continues, or
// a copy: JavaScript might change or transfer the array meanwhile.
enum class FeedMemory { kBorrowed, kCopied };

// The feed of one input.
struct FeedView {
  bool given = true;  // false: an optional input without a value
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;  // undefined for a NativeValue
  std::vector<int64_t> dims;
  Napi::Value data;  // ArrayBufferView, string[] or NativeValue
};

// Feeds of lib/engine/engine.ts.
std::vector<FeedView> ToFeeds(Napi::Array feeds);

uint64_t HashShapes(const std::vector<FeedView>& feeds);

class RunCall {
 public:
  // `fetches`: Fetches of lib/engine/engine.ts.
  RunCall(SessionState& session, const std::vector<FeedView>& feeds, Napi::Value fetches, FeedMemory memory);

  RunCall(RunCall&&) = default;
  RunCall& operator=(RunCall&&) = delete;
  ~RunCall();

  // `shrinks`: the options ask ONNX Runtime to free memory of its arena.
  void SetOptions(ort::RunOptionsHandle options, bool shrinks = false);
  OrtRunOptions* options() const noexcept { return options_.get(); }
  // Throws ERR_BUSY where work in flight forbids the run to read its values, or to write a pre-allocated
  // result.
  void CheckFree(const InFlight& in_flight) const;
  // Whether a run in flight writes the memory of a feed.
  bool ReadsWritten(const InFlight& in_flight) const;
  // Before a run that is not inline.
  void CopyIn(const InFlight& in_flight) const;
  void Use(InUse& in_use) const;

  // The thread that runs it. `canceled` ends the wait for the device lock.
  void Execute(const std::atomic<bool>& canceled);
  // JS thread: Results of lib/engine/engine.ts.
  Napi::Value Results(Napi::Env env);

 private:
  struct Target {
    Napi::Reference<Napi::Value> array;  // receives a result of these dims; empty: none
    std::vector<int64_t> dims;
    const OrtMemoryInfo* info;  // memory for the result
  };

  void CheckApart(size_t target) const;
  static device::HostRange Range(const Target& target);
  void AddFeed(const char* name, const FeedView& view, FeedMemory memory);
  void AddFetch(size_t index);
  std::vector<ort::ValueHandle> Run(OrtSession* session) const;
  std::vector<ort::ValueHandle> RunBound(OrtSession* session) const;
  void RunOnDevice(OrtSession* session);
  void RunBesideGraphs(OrtSession* session);
  void OwnResults();
  bool IsTensor(size_t output) const;
  bool IsFed(const void* data) const;
  Shared Fed() const;
  const OrtValue* UploadedFeed(size_t output) const;
  void CopyPassed();
  Napi::Value Result(Napi::Env env, size_t output);

  SessionState* session_;
  std::shared_ptr<OrtSession> handle_;  // keeps results on a device valid when release() follows the run
  ort::RunOptionsHandle options_;
  std::vector<const char*> input_names_;
  std::vector<const OrtValue*> inputs_;
  // What the inputs point into, until the run has ended.
  std::vector<std::shared_ptr<ValueState>> fed_values_;
  std::vector<std::shared_ptr<device::HostMemory>> copies_;
  std::vector<ort::ValueHandle> fed_;  // tensors over typed arrays or their copies
  std::vector<size_t> output_indices_;
  std::vector<const char*> output_names_;
  std::vector<ort::ValueHandle> outputs_;
  std::vector<device::Tensor> own_results_;  // copies of outputs, which are then the results
  std::vector<Target> targets_;
  bool shrinks_ = false;
  bool bound_ = false;  // some result stays in device or pinned memory
};

class RunJob final : public AsyncJob {
 public:
  RunJob(Napi::Env env, Napi::Object owner, std::shared_ptr<SessionState> session, RunCall call,
         std::shared_ptr<run::InlinePolicy> policy, run::Place place, uint32_t id, Napi::Value times);
  ~RunJob() override;
  void Terminate() noexcept override;

 protected:
  void Work() override;
  Napi::Value Result(Napi::Env env) override;

 private:
  std::shared_ptr<SessionState> session_;
  RunCall call_;
  std::shared_ptr<run::InlinePolicy> policy_;
  uint32_t id_;
  run::LoopUse::HandOver hand_over_;
  std::atomic<bool> canceled_{false};
  InUse in_use_;
  std::chrono::nanoseconds took_{};
  JobTimes times_;
};
