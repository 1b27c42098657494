// The addon's state in one JavaScript environment (the main thread or a worker).
#pragma once

#include <napi.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_set>

#include "completions.h"
#include "in_flight.h"
#include "run/burst.h"
#include "wrappers.h"

class AsyncJob;
class SessionState;

class AddonData {
 public:
  explicit AddonData(Napi::Env env);
  ~AddonData();
  AddonData(const AddonData&) = delete;
  AddonData& operator=(const AddonData&) = delete;

  // JS thread, when the addon is loaded: creates the environment's data, which the environment then owns.
  static void Install(Napi::Env env);
  static AddonData& Of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }

  // JS thread. A job in flight keeps the event loop alive.
  void Track(AsyncJob* job);
  void Untrack(AsyncJob* job);
  bool HasJobs() const noexcept { return !in_flight_.empty(); }
  // JS thread: the job waits for the event loop's next turn, until it is settled.
  void Hold(AsyncJob* job) { held_.push_back(job); }
  // JS thread, in that turn: does what waits for it, as far as a burst allows.
  void RunHeld();
  bool HasHeld() const noexcept { return !held_.empty(); }
  // Run thread: hands a finished job to the JS thread.
  void Post(AsyncJob* job) noexcept;

  // JS thread: the sessions of the environment, which end with it.
  void Add(SessionState* session);
  void Remove(SessionState* session);

  // JS thread, the first time: listens for the process's 'exit' event, which comes before anything is torn
  // down. The main thread then ends the runs of the workers too, which Node.js waits for: `is_main` is called
  // if any other thread has loaded the addon.
  void ListenForExit(Napi::Function is_main);
  // Registers an exit handler for a process that ends without the event. Exit handlers run last in, first
  // out, so call it after each library that is opened and each model that is loaded: a load creates static
  // objects of ONNX Runtime's, whose destruction the run threads must not see.
  static void StopAtExit() noexcept;

  Wrappers wrappers;
  Completions completions;
  run::Burst burst;
  uint64_t values_disposed = 0;
  // Shared with work that may end after the environment.
  const std::shared_ptr<InFlight> in_flight = std::make_shared<InFlight>();
  // Whether V8 accepts ArrayBuffers over memory that it did not allocate. Electron's does not.
  bool external_buffers = true;
  Napi::FunctionReference make_error;
  Napi::FunctionReference is_main_thread;
  Napi::FunctionReference value_constructor;

 private:
  // Whether the environment of the data, which may be freed, has not ended.
  static bool IsLive(AddonData* data);
  // Whether no other thread has loaded the addon.
  static bool IsOnly();
  // JS thread, once: makes the end of the environment, and of the process, stop its runs.
  void Register();
  // Under the mutex of `live`, and waits for no thread: asks every run to end, and refuses new ones.
  void End() noexcept;
  // After End: waits until no thread runs a job.
  void Join();
  // Cleanup hook: runs before V8 tears the environment down. No JavaScript runs after it.
  void Shutdown();
  static void Complete(napi_env env, napi_value, void* context, void* data);

  napi_env env_;
  napi_threadsafe_function wake_up_ = nullptr;
  std::unordered_set<AsyncJob*> in_flight_;
  std::deque<AsyncJob*> held_;
  bool listens_ = false;
  bool ending_ = false;  // under the mutex of `live`, as are
  std::unordered_set<SessionState*> sessions_;
};
