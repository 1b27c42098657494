#include "addon_data.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <utility>

#include "async_job.h"
#include "convert.h"
#include "exit_handler.h"
#include "js_error.h"
#include "never_destroyed.h"
#include "pin.h"
#include "run/thread_check.h"
#include "run/thread_pool.h"
#include "session/state.h"

namespace {

std::mutex live_mutex;
const NeverDestroyed<std::unordered_set<AddonData*>> live;

bool AllowsExternalBuffers(napi_env env) {
  // Lets an application test in Node.js what it will meet in Electron.
  const char* refuse = std::getenv("ONNXRUNTIME_IOBINDING_NO_EXTERNAL_BUFFERS");
  if (refuse != nullptr && std::string_view(refuse) == "1") return false;
  static char byte;
  const auto release = [](napi_env, void*, void*) {};
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(env, &byte, 1, release, nullptr, &buffer);
  return status != napi_no_external_buffers_allowed;
}

}  // namespace

AddonData::AddonData(Napi::Env env) : external_buffers(AllowsExternalBuffers(env)), env_(env) {}

AddonData::~AddonData() {
  const std::lock_guard lock(live_mutex);
  live->erase(this);
}

void AddonData::Register() {
  {
    // First, because it can fail: nothing else has a pointer to the data yet.
    const std::lock_guard lock(live_mutex);
    live->insert(this);
  }
  const Napi::String name = Napi::String::New(env_, "onnxruntime-iobinding");
  CheckStatus(env_, napi_create_threadsafe_function(env_, nullptr, nullptr, name, 0, 1, nullptr, nullptr,
                                                    this, Complete, &wake_up_));
  CheckStatus(env_, napi_unref_threadsafe_function(env_, wake_up_));
  // Hooks run last in, first out: this one before the thread-safe function's own.
  CheckStatus(env_, napi_add_env_cleanup_hook(
                        env_, [](void* self) { static_cast<AddonData*>(self)->Shutdown(); }, this));
  SET_THREAD_ROLE(kJs);
}

void AddonData::Install(Napi::Env env) {
  // Once a process, on the first thread that loads the addon.
  static std::once_flag loaded;
  std::call_once(loaded, [] {
    PinModule();
    device::after_open = StopAtExit;
  });
  auto data = std::make_unique<AddonData>(env);
  data->Register();
  env.SetInstanceData(data.release());
}

void AddonData::Track(AsyncJob* job) {
  in_flight_.insert(job);
  if (in_flight_.size() == 1) napi_ref_threadsafe_function(env_, wake_up_);
}

void AddonData::Untrack(AsyncJob* job) {
  in_flight_.erase(job);
  if (job->WasHeld()) {
    const auto found = std::find(held_.begin(), held_.end(), job);
    if (found != held_.end()) held_.erase(found);
  }
  if (in_flight_.empty()) napi_unref_threadsafe_function(env_, wake_up_);
}

void AddonData::RunHeld() {
  while (HasHeld() && held_.front()->MayRunHere()) {
    if (!held_.front()->RunHere(env_)) held_.pop_front();
  }
}

void AddonData::Post(AsyncJob* job) noexcept {
  if (!completions.Add(job)) return;
  // Fails only while the environment ends: Shutdown then deletes the job.
  napi_call_threadsafe_function(wake_up_, nullptr, napi_tsfn_nonblocking);
}

void AddonData::Complete(napi_env env, napi_value, void* context, void*) {
  auto* const self = static_cast<AddonData*>(context);
  // The environment has ended, and Shutdown has deleted the jobs: then Node.js passes null, and Bun calls
  // this as before.
  if (env == nullptr || !IsLive(self)) return;
  // One for each wake-up, so that its continuations come before those of the next.
  self->completions.SettleNext(env);
}

void AddonData::Add(SessionState* session) {
  const std::lock_guard lock(live_mutex);
  sessions_.insert(session);
  if (ending_) session->End();
}

void AddonData::Remove(SessionState* session) {
  const std::lock_guard lock(live_mutex);
  sessions_.erase(session);
}

void AddonData::End() noexcept {
  ending_ = true;
  for (SessionState* session : sessions_) session->End();
}

void AddonData::Join() {
  // Without the mutex: only the JS thread, which is this one or has ended, changes the set.
  for (SessionState* session : sessions_) session->runner->Stop();
}

void AddonData::ListenForExit(Napi::Function is_main) {
  if (listens_) return;
  is_main_thread = Napi::Persistent(is_main);
  const Napi::Env env(env_);
  const auto on_exit = Napi::Function::New(env, [this](const Napi::CallbackInfo&) {
    const bool ends_all = !IsOnly() && IsTrue(is_main_thread.Call({}));
    {
      const std::lock_guard lock(live_mutex);
      for (AddonData* data : *live) {
        if (ends_all || data == this) data->End();
      }
    }
    Join();
  });
  const auto process = env.Global().Get("process").As<Napi::Object>();
  process.Get("once").As<Napi::Function>().Call(process, {Napi::String::New(env, "exit"), on_exit});
  listens_ = true;
}

bool AddonData::IsLive(AddonData* data) {
  const std::lock_guard lock(live_mutex);
  return live->contains(data);
}

bool AddonData::IsOnly() {
  const std::lock_guard lock(live_mutex);
  return live->size() == 1;
}

void AddonData::StopAtExit() noexcept {
  // On Windows a DLL's exit handlers run after all other threads have ended, whatever locks these held.
#ifndef _WIN32
  RunFirstAtExit([] {
    const std::lock_guard lock(live_mutex);
    for (AddonData* data : *live) data->End();
    for (AddonData* data : *live) data->Join();
    run::ThreadPool::Shared().Stop();
    device::DrainAll();
  });
#endif
}

void AddonData::Shutdown() {
  {
    const std::lock_guard lock(live_mutex);
    live->erase(this);
    End();
  }
  Join();
  for (SessionState* session : sessions_) session->Abandon();
  completions.Clear();
  for (AsyncJob* job : in_flight_) delete job;
  in_flight_.clear();
  held_.clear();
}
