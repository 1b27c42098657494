#include "log.h"

#include <atomic>
#include <mutex>
#include <string>
#include <utility>

#include "js_error.h"
#include "log_function.h"

namespace {

std::mutex mutex;
std::atomic<OrtLoggingLevel> least = ORT_LOGGING_LEVEL_WARNING;
napi_threadsafe_function receiver = nullptr;  // null once its environment has ended

// Any thread. No exception may pass ONNX Runtime's C frames.
void ORT_API_CALL Log(void*, OrtLoggingLevel severity, const char* category, const char* log_id,
                      const char* location, const char* message) noexcept try {
  const std::lock_guard lock(mutex);
  if (receiver != nullptr && SendToLogFunction(receiver, severity, category, log_id, location, message)) {
    return;
  }
  PrintLog(category, location, message);
} catch (...) {
  // The message is lost.
}

// The environment ends, and with it the thread-safe function.
void Forget(void*) {
  const std::lock_guard lock(mutex);
  receiver = nullptr;
}

}  // namespace

LogReceiver::LogReceiver(Napi::Env env, Napi::Function callback) : env_(env) {
  const std::lock_guard lock(mutex);
  if (receiver != nullptr) return;
  receiver = MakeLogFunction(env, callback, nullptr, nullptr);
  function_ = Log;
  CheckStatus(env, napi_add_env_cleanup_hook(env, Forget, nullptr));
}

LogReceiver::~LogReceiver() {
  if (function_ == nullptr || kept_) return;
  napi_remove_env_cleanup_hook(env_, Forget, nullptr);
  const std::lock_guard lock(mutex);
  napi_release_threadsafe_function(std::exchange(receiver, nullptr), napi_tsfn_release);
}

void SendSessionLog(OrtSessionOptions* options) {
  const std::lock_guard lock(mutex);
  if (receiver != nullptr) ort::Check(ort::api().SetUserLoggingFunction(options, Log, nullptr));
}

void SetLeastLogged(OrtLoggingLevel level) noexcept { least = level; }

void WriteLog(OrtLoggingLevel severity, const std::string& message) noexcept {
  if (severity < least) return;
  Log(nullptr, severity, "onnxruntime-iobinding", "", "binding", message.c_str());
}
