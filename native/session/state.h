// A session, as its wrapper, its bindings and its runs share it. All on the JS thread, except where noted.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "device/device.h"
#include "env/addon_data.h"
#include "graph_epoch.h"
#include "graph_nodes.h"
#include "ort/metadata.h"
#include "run/inline_policy.h"
#include "run/runner.h"

class AsyncJob;
struct BindingState;
struct ValueState;

class SessionState {
 public:
  SessionState(AddonData& addon, const run::InlineBounds& bounds, std::unique_ptr<run::Runner> jobs,
               bool runs_in_parallel);
  ~SessionState();
  SessionState(const SessionState&) = delete;
  SessionState& operator=(const SessionState&) = delete;

  // Any thread, and waits for none: refuses new runs, and asks those in flight to end.
  void End() noexcept;
  bool ending() const noexcept { return ending_; }
  // When the environment has ended, whose data may go before the session does.
  void Abandon() { addon_ = nullptr; }

  AddonData& addon() const noexcept { return *addon_; }

  // Where the next run is to be. On a device kInline is for a replay alone, and nothing waits for a turn.
  run::Place Choose(run::InlinePolicy& policy) const;
  // Before a run is queued.
  run::LoopUse::HandOver Begin(const run::InlinePolicy& policy, run::Place place) const noexcept {
    const bool hands_over = device == nullptr && place != run::Place::kNextTurn;
    return hands_over ? policy.Begin(addon_->HasJobs()) : run::LoopUse::HandOver();
  }
  // Queues a run that is not inline: its promise.
  Napi::Promise Start(std::unique_ptr<AsyncJob> job, run::InlinePolicy& policy, run::Place place) const;
  // Throws ERR_DISPOSED once release() was called, and ERR_EXITING after End.
  void CheckOpen() const;

  // Throws ERR_DEVICE_MISMATCH for memory of another device: ONNX Runtime would read its address as one of
  // the session's device.
  void CheckDevice(const device::Device* other, const char* side, const std::string& name) const;

  // Run thread. Before a run: throws ERR_SESSION_FAILED once a run has left the session spoiled.
  void CheckSound() const {
    if (spoiled_) [[unlikely]]
      throw *spoiled_;
  }
  // After a run that failed: the error to report.
  ort::Error Explain(const ort::Error& error);

  // The memory that an output was bound to with this description.
  device::Location Location(const OrtMemoryInfo* info) const;
  // The reverse, for an output that ONNX Runtime allocates. Throws for another device.
  const OrtMemoryInfo* MemoryInfo(const device::Location& where, const std::string& output) const;

  // Bytes that ONNX Runtime reads for as long as the session lives.
  std::shared_ptr<Napi::Reference<Napi::Value>> borrowed;
  std::vector<std::shared_ptr<ValueState>> initializers;

  // Created on the run thread, and released there, unless a value that ONNX Runtime allocated on the device
  // still needs it: that memory is of the session's allocator, so the value shares the handle. The handle's
  // deleter takes the device lock, and releases the queue last.
  std::shared_ptr<OrtSession> handle;
  device::Device* device = nullptr;  // null: the session runs on the CPU
  std::shared_ptr<device::Queue> queue;
  std::vector<bool> inputs_on_device;  // where ONNX Runtime reads each input; all false on the CPU
  std::vector<bool> outputs_on_device;
  // The inputs that ONNX Runtime copies from host memory as they are bound, and never again: a provider's
  // memory that the addon does not open, such as that of OpenVINO's plugin.
  std::vector<size_t> inputs_copied;
  bool graphs = false;  // bindings can capture graphs
  // Of a session whose queue captures graphs.
  GraphNodes graph_nodes;
  GraphEpoch graph_epoch;
  ort::RunOptionsHandle inline_options;  // of runs on the JS thread without options, so that End can end them
  bool denormals_as_zero = false;        // the mode of a thread that runs it: run/float_mode.h
  std::chrono::nanoseconds poll_bound{0};  // of the runs for which the event loop polls
  bool records_assignment = false;         // ONNX Runtime keeps which provider runs which node
  int next_graph_id = 1;                   // 0 is ONNX Runtime's own
  std::vector<ort::ValueInfo> inputs;
  std::vector<ort::ValueInfo> outputs;
  // By the index of an output: the input that it is, whose value ONNX Runtime gives as the result.
  std::vector<std::optional<size_t>> passed_inputs;
  ort::ModelMetadata
      metadata;               // read once: ONNX Runtime locks it, and some providers hold that lock in a run
  bool only_tensors = false;  // every output is a tensor of numbers
  std::atomic<bool> closed{false};  // release() was called, or End: nothing new may start
  // Guards `bindings` and their handles: the release job drops the handles while the JS thread may dispose of
  // a binding. Everything else that touches a binding's handle comes after CheckOpen.
  std::mutex release_mutex;
  std::unordered_set<BindingState*> bindings;
  std::unordered_map<uint32_t, AsyncJob*> runs;  // runs in flight that can be canceled
  const std::unique_ptr<run::Runner> runner;
  const bool parallel;           // runs that share no memory
  run::InlinePolicies policies;  // of the JS thread

 private:
  // After a run was handed over: a burst of inline runs ends when the event loop turns, which may poll for
  // the run's end.
  void Expect(const run::InlinePolicy& policy) const noexcept {
    if (!policy.BurstAllows() && !addon_->completions.Arm()) addon_->burst.End();
    if (device == nullptr) addon_->completions.Expect(policy.Expected(), poll_bound);
  }

  std::optional<ort::Error> spoiled_;  // what later runs throw
  std::atomic<bool> ending_{false};
  AddonData* addon_;  // null once the environment has ended
};
