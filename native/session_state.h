// A session as its wrapper, its bindings and its runs share it. All on the JS thread, except where said.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "addon_data.h"
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

  void CheckOpen() const {
    if (closed || !handle) {
      throw ort::Error("ERR_DISPOSED", "the session was released");
    }
  }

  ort::SessionHandle handle;  // made and released on the run thread
  std::vector<ort::ValueInfo> inputs;
  std::vector<ort::ValueInfo> outputs;
  bool only_tensors = false;  // no output is a sequence, a map or an optional, or of strings
  bool closed = false;        // release() was called: nothing new may start
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
