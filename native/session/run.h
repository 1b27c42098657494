// One call of session.run: feeds in, results out, nothing kept.
#pragma once

#include <napi.h>

#include <atomic>
#include <memory>
#include <vector>

#include "device/host_memory.h"
#include "env/async_job.h"
#include "ort/run_options.h"
#include "state.h"
#include "value/value.h"

// Whether a feed's typed array is read where it is (the run is over before JavaScript goes on) or copied
// first (it might be changed or transferred meanwhile).
enum class Feed { kBorrow, kCopy };

// One input of the call, as JavaScript gives it.
struct FeedView {
  size_t index;
  ONNXTensorElementDataType type;  // undefined for a NativeValue
  std::vector<int64_t> dims;
  Napi::Value data;  // typed array, string[] or NativeValue
};

// [input index, element type, dims, data, ...], where the type of a NativeValue is undefined.
std::vector<FeedView> ToFeeds(Napi::Array feeds);

// A hash of the feeds' names, types and shapes.
uint64_t HashShapes(const std::vector<FeedView>& feeds);

class RunCall {
 public:
  // fetches: [output index, target, dims, ...], where target is a typed array to write a result of these dims
  // into, or 'gpu-buffer' or 'cpu-pinned', or undefined; without fetches all outputs.
  RunCall(SessionState& session, const std::vector<FeedView>& feeds, Napi::Value fetches, Feed feed);

  RunCall(RunCall&&) = default;
  RunCall& operator=(RunCall&&) = delete;
  ~RunCall();

  void SetOptions(ort::RunSettings settings);
  OrtRunOptions* options() const noexcept { return options_.get(); }
  const std::vector<std::shared_ptr<ValueState>>& fed_values() const noexcept { return fed_values_; }

  // The thread that runs it. `canceled` ends the wait for the device's turn.
  void Execute(const std::atomic<bool>& canceled);
  // JS thread: [element type, dims, data, ...] for each fetch, where data is an ArrayBuffer, a string[],
  // `null` for a result that was written into its target, or, for what is not a tensor of
  // onnxruntime-common's types, a NativeValue.
  Napi::Value Results(Napi::Env env);

 private:
  void AddFeed(const FeedView& view, Feed feed);
  void AddFetch(size_t index);
  OrtStatus* Run(std::vector<OrtValue*>& results) const;
  OrtStatus* RunBound(std::vector<OrtValue*>& results) const;
  bool IsTensor(size_t output) const;
  bool IsFed(const void* data) const;
  void AddResult(Napi::Env env, Napi::Array results, uint32_t at, size_t output);

  SessionState* session_;
  std::shared_ptr<OrtSession> handle_;  // results on a device outlive a release() that follows the run
  ort::RunOptionsHandle options_;
  std::vector<const char*> input_names_;
  std::vector<const OrtValue*> inputs_;
  std::vector<std::shared_ptr<ValueState>> fed_values_;      // alive until the run has ended
  std::vector<std::shared_ptr<device::HostMemory>> copies_;  // likewise, and so are the
  std::vector<ort::ValueHandle> fed_;                        // values over them
  std::vector<size_t> output_indices_;
  std::vector<const char*> output_names_;
  std::vector<ort::ValueHandle> outputs_;
  struct Target {
    Napi::Reference<Napi::Value> array;  // empty where there is none
    std::vector<int64_t> dims;
    const OrtMemoryInfo* info;  // of the memory that the result shall be in
  };
  std::vector<Target> targets_;
  bool bound_ = false;  // some result is to be elsewhere than in host memory
};

class RunJob final : public AsyncJob {
 public:
  RunJob(Napi::Env env, Napi::Object owner, std::shared_ptr<SessionState> session, RunCall call,
         run::InlinePolicy& policy, uint32_t id);
  ~RunJob() override;
  void Terminate() noexcept override;

 protected:
  void Work() override;
  Napi::Value Result(Napi::Env env) override;

 private:
  std::shared_ptr<SessionState> session_;
  RunCall call_;
  run::InlinePolicy& policy_;  // the wrapper's, which `owner` keeps alive
  uint32_t id_;
  std::atomic<bool> canceled_{false};
  InUse in_use_;
  std::chrono::nanoseconds took_{};
};
