#include "addon_data.h"

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string_view>

#include "async_job.h"
#include "run/thread_check.h"
#include "session/state.h"

namespace {

std::mutex live_mutex;
// Raw on purpose: it is looked at while static objects are being destroyed.
auto& live = *new std::unordered_set<AddonData*>;

bool AllowsExternalBuffers(napi_env env) {
  // So that what an application will meet in Electron can be tried in Node.
  const char* refuse = std::getenv("ONNXRUNTIME_IOBINDING_NO_EXTERNAL_BUFFERS");
  if (refuse != nullptr && std::string_view(refuse) == "1") return false;
  auto* byte = new char();
  const auto release = [](napi_env, void* data, void*) { delete static_cast<char*>(data); };
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(env, byte, 1, release, nullptr, &buffer);
  if (status != napi_no_external_buffers_allowed) return true;
  delete byte;
  return false;
}

}  // namespace

AddonData::AddonData(Napi::Env env) : external_buffers(AllowsExternalBuffers(env)), env_(env) {
  const auto check = [env](napi_status status) {
    if (status != napi_ok) throw Napi::Error::New(env);
  };
  const Napi::String name = Napi::String::New(env, "onnxruntime-iobinding");
  check(napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this, Complete,
                                        &completions_));
  check(napi_unref_threadsafe_function(env, completions_));
  // Hooks run last in, first out: this one before the thread-safe function's own.
  check(napi_add_env_cleanup_hook(env, [](void* self) { static_cast<AddonData*>(self)->Shutdown(); }, this));
  const std::lock_guard lock(live_mutex);
  live.insert(this);
  SET_THREAD_ROLE(kJs);
}

void AddonData::Track(AsyncJob* job) {
  if (in_flight_.empty()) napi_ref_threadsafe_function(env_, completions_);
  in_flight_.insert(job);
}

void AddonData::Untrack(AsyncJob* job) {
  in_flight_.erase(job);
  if (in_flight_.empty()) napi_unref_threadsafe_function(env_, completions_);
}

void AddonData::Post(AsyncJob* job) noexcept {
  // Fails only when the environment is ending; Shutdown then deletes the job.
  napi_call_threadsafe_function(completions_, job, napi_tsfn_nonblocking);
}

void AddonData::Complete(napi_env env, napi_value, void*, void* data) {
  if (env == nullptr) return;  // the environment is gone, and the job with it
  const Napi::HandleScope scope(env);
  try {
    static_cast<AsyncJob*>(data)->Settle(env);
  } catch (const Napi::Error&) {
    // A worker is being terminated: it runs no JavaScript any more, so there is nobody to tell.
  }
}

void AddonData::StopThreads() {
  for (AsyncJob* job : in_flight_) job->Terminate();
  for (SessionState* session : sessions) session->Abandon();
  sessions.clear();
}

void AddonData::StopAtExit() noexcept {
  // On Windows a DLL's handlers run when all other threads are gone, whatever locks they held.
#ifndef _WIN32
  std::atexit([] {
    // The handler that was registered last; by the time of the others what it would touch is gone.
    static std::atomic_flag done;
    if (done.test_and_set()) return;
    const std::lock_guard lock(live_mutex);
    for (AddonData* data : live) data->StopThreads();
    // Nobody's run is left to wait for.
    device::DrainAll();
  });
#endif
}

void AddonData::Shutdown() {
  {
    const std::lock_guard lock(live_mutex);
    live.erase(this);
  }
  StopThreads();
  for (AsyncJob* job : in_flight_) delete job;
  in_flight_.clear();
}

Napi::Value ToJsError(Napi::Env env, const ort::Error& error) {
  const auto code = Napi::String::New(env, error.code());
  const auto message = Napi::String::New(env, error.what());
  const Napi::FunctionReference& make_error = AddonData::Of(env).make_error;
  if (!make_error.IsEmpty()) return make_error.Call({code, message});
  const Napi::Error plain = Napi::Error::New(env, error.what());
  plain.Set("code", code);
  return plain.Value();
}

void ThrowJs(Napi::Env env, const ort::Error& error) {
  const Napi::Value value = ToJsError(env, error);
  throw Napi::Error(env, value);
}
