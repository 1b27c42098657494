// A binding, as its wrapper and its run in flight share it.
#pragma once

#include <memory>

#include "host.h"
#include "run/inline_policy.h"
#include "values.h"

class AsyncJob;

enum class Graph {
  kNone,
  kCapturing,  // the run in flight is a capture
  kCaptured,   // runs replay it
};

// Of the JS thread. While a run is in flight the thread that runs uses `host`, and reads `values`.
struct BindingState {
  explicit BindingState(std::shared_ptr<SessionState> owner);
  ~BindingState();
  BindingState(const BindingState&) = delete;
  BindingState& operator=(const BindingState&) = delete;

  // Throws if the session was released or a run is in flight.
  void CheckIdle() const;
  // Throws if a run is in flight.
  void CheckNotRunning() const;
  // As CheckIdle, and if a graph was captured.
  void CheckNotCaptured(const char* message) const;
  // Before each run.
  void PrepareRun(Napi::Env env);
  run::InlinePolicy& Policy();
  // After a runSync that waited: the runs before it have ended, whose promises have not settled. Its own id.
  uint64_t EndEarlierRuns(Napi::Env env);
  // Before a runSync that waits for the session's runs in flight.
  void MarkOvertaken() const;
  // The same, and then, before each run on the run thread: see BindingHost::Prepare.
  void Prepare(const std::optional<std::vector<size_t>>& changed, bool replay);
  // Runs on the JS thread.
  void RunInline(Napi::Env env) {
    if (values.detachable()) [[unlikely]]
      return RunDetachable(env);
    host->Start(device::Beside::kNothing);
  }
  // On a device the JS thread can only replay: see BindingHost::StartInPlace.
  bool CanRunInline() const noexcept { return session->device == nullptr && session->runner->Idle(); }

  // After Prepare, of a captured graph: the JS thread launches the replay in place of the run thread, which
  // waits for its end. False, and nothing has begun, where the run thread must do the run.
  bool StartInPlace() {
    const run::InPlace in_place = session->runner->TakePlace();
    return in_place && host->StartInPlace(false);
  }
  // The same, and waits for the end here. ReplayInline records what it took, for the policy.
  bool ReplayInPlace(Napi::Env env);
  bool ReplayInline(Napi::Env env);

  // Either thread, under the session's release_mutex.
  void Release() noexcept { host->Release(); }

  const std::shared_ptr<SessionState> session;
  BoundValues values;
  const std::unique_ptr<BindingHost> host;
  std::shared_ptr<run::InlinePolicy> policy;  // null: inputs were bound since the last run
  AsyncJob* job = nullptr;                    // the run or capture in flight
  bool overtaken = false;                     // since it was started a runSync has used memory that it uses
  Graph graph = Graph::kNone;

 private:
  void RunDetachable(Napi::Env env);
};
