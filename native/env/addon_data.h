// What the addon keeps for one JavaScript environment (the main thread or a worker).
#pragma once

#include <napi.h>

#include <unordered_set>

#include "ort/error.h"

class AsyncJob;
class SessionState;

class AddonData {
 public:
  explicit AddonData(Napi::Env env);
  ~AddonData() = default;
  AddonData(const AddonData&) = delete;
  AddonData& operator=(const AddonData&) = delete;

  static AddonData& Of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }

  // JS thread. The event loop is kept alive while a job is in flight, and only then.
  void Track(AsyncJob* job);
  void Untrack(AsyncJob* job);
  // Run thread: hands a finished job to the JS thread.
  void Post(AsyncJob* job) noexcept;

  // Has every environment's runs end before the libraries that are open by now are torn down: process.exit()
  // runs no cleanup hooks on the main thread, and the run threads would go on in what is being destroyed. To
  // be called whenever a library has been opened, since what is registered last runs first.
  static void StopAtExit() noexcept;

  // Every session with a thread, so that the environment's end stops them all.
  std::unordered_set<SessionState*> sessions;
  uint64_t values_disposed = 0;
  // Whether JavaScript can be shown memory that is not V8's. Electron's engine refuses.
  bool external_buffers = true;
  Napi::FunctionReference make_error;
  Napi::FunctionReference value_constructor;

 private:
  // Ends every run and joins every thread.
  void StopThreads();
  // Runs before V8 tears the environment down: no JavaScript after this.
  void Shutdown();
  static void Complete(napi_env env, napi_value, void* context, void* data);

  napi_env env_;
  napi_threadsafe_function completions_ = nullptr;
  std::unordered_set<AsyncJob*> in_flight_;
};

// The JavaScript error (lib/errors.ts) for a native one.
Napi::Value ToJsError(Napi::Env env, const ort::Error& error);
[[noreturn]] void ThrowJs(Napi::Env env, const ort::Error& error);

// Every function that JavaScript calls runs its body in here: no C++ exception but Napi::Error may leave.
template <typename Body>
auto Guard(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (const ort::Error& error) {
    ThrowJs(env, error);
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    ThrowJs(env, ort::Error("ERR_INTERNAL", error.what()));
  }
}
