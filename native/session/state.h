// A session as its wrapper, its bindings and its runs share it. All on the JS thread, except where said.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "device/device.h"
#include "env/addon_data.h"
#include "ort/metadata.h"
#include "run/inline_policy.h"
#include "run/run_thread.h"

class AsyncJob;
struct BindingState;

class SessionState {
 public:
  SessionState(AddonData& addon, std::chrono::nanoseconds inline_bound, std::chrono::nanoseconds spin)
      : thread(spin), inline_bound(inline_bound), addon_(&addon) {
    addon_->sessions.insert(this);
  }
  // The thread first: nothing can touch the session while it is released.
  ~SessionState() {
    if (addon_ != nullptr) addon_->sessions.erase(this);
    thread.Stop();
  }
  SessionState(const SessionState&) = delete;
  SessionState& operator=(const SessionState&) = delete;

  // The environment is ending, and its data may go before the session does.
  void Abandon() {
    thread.Stop();
    addon_ = nullptr;
  }

  AddonData& addon() const noexcept { return *addon_; }

  // Where an output is that was bound to memory so described.
  device::Location LocationOf(const OrtMemoryInfo* info) const {
    if (device == nullptr) return {};
    if (info == device->memory_info()) return {device, false};
    if (info == device->pinned_memory_info()) return {device, true};
    return {};
  }
  // The reverse, for an output that ONNX Runtime is to allocate; throws for another device.
  const OrtMemoryInfo* InfoOf(const device::Location& where, const std::string& output) const;

  // Refuses memory of a device that is not the session's: ONNX Runtime would take its address for one of its
  // own.
  void CheckDevice(const device::Device* other, const char* side, const std::string& name) const;

  void CheckOpen() const {
    if (closed || !handle) {
      throw ort::Error("ERR_DISPOSED", "the session was released");
    }
  }

  // Made on the run thread. Released there too, unless a value that ONNX Runtime allocated on the device is
  // still around: its memory is the session's allocator's, so it shares the handle, whose deleter takes the
  // device's turn and lets go of the queue last.
  std::shared_ptr<OrtSession> handle;
  device::Device* device = nullptr;  // null: the session runs on the CPU
  std::shared_ptr<device::Queue> queue;
  std::vector<bool> inputs_on_device;  // what ONNX Runtime wants there; all false on the CPU
  std::vector<bool> outputs_on_device;
  bool graphs = false;              // graphs can be captured
  bool records_assignment = false;  // ONNX Runtime was told to keep which provider each node went to
  int next_graph_id = 1;            // 0 is ONNX Runtime's own
  std::vector<ort::ValueInfo> inputs;
  std::vector<ort::ValueInfo> outputs;
  ort::ModelMetadata metadata;  // read once: ONNX Runtime has a lock on it, which some providers' runs hold
  bool only_tensors = false;    // no output is a sequence, a map or an optional, or of strings
  bool closed = false;          // release() was called: nothing new may start
  // Guards `bindings` and their handles: the release job drops these while the JS thread may be disposing of
  // one. All else that touches a binding's handle comes after CheckOpen.
  std::mutex release_mutex;
  std::unordered_set<BindingState*> bindings;
  std::unordered_map<uint32_t, AsyncJob*> runs;  // those in flight that can be canceled
  run::RunThread thread;
  const std::chrono::nanoseconds inline_bound;

 private:
  AddonData* addon_;  // null once the environment has ended
};
