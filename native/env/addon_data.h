// The addon's state in one JavaScript environment (the main thread or a worker).
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <unordered_set>

#include "in_flight.h"
#include "wrappers.h"

class AsyncJob;
class SessionState;

class AddonData {
 public:
  explicit AddonData(Napi::Env env);
  ~AddonData() = default;
  AddonData(const AddonData&) = delete;
  AddonData& operator=(const AddonData&) = delete;

  // JS thread, when the addon is loaded: creates the environment's data, which the environment then owns.
  static void Install(Napi::Env env);
  static AddonData& Of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }

  // JS thread. A job in flight keeps the event loop alive.
  void Track(AsyncJob* job);
  void Untrack(AsyncJob* job);
  // Run thread: hands a finished job to the JS thread.
  void Post(AsyncJob* job) noexcept;

  // Registers an exit handler that ends the runs of every environment. Without it the run threads would
  // continue while exit handlers destroy the libraries: process.exit() runs no cleanup hooks on the main
  // thread. Call it after each library that is opened, since exit handlers run last in, first out.
  static void StopAtExit() noexcept;

  Wrappers wrappers;
  // Sessions whose threads stop when the environment ends.
  std::unordered_set<SessionState*> sessions;
  uint64_t values_disposed = 0;
  // Shared with work that may end after the environment.
  const std::shared_ptr<InFlight> in_flight = std::make_shared<InFlight>();
  // Whether V8 accepts ArrayBuffers over memory that it did not allocate. Electron's does not.
  bool external_buffers = true;
  Napi::FunctionReference make_error;
  Napi::FunctionReference value_constructor;

 private:
  // Ends every run and joins every thread.
  void StopThreads();
  // Cleanup hook: runs before V8 tears the environment down. No JavaScript runs after it.
  void Shutdown();
  static void Complete(napi_env env, napi_value, void* context, void* data);

  napi_env env_;
  napi_threadsafe_function completions_ = nullptr;
  std::unordered_set<AsyncJob*> in_flight_;
};
