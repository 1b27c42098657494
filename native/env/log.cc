#include "log.h"

#include <atomic>
#include <cstdio>
#include <mutex>
#include <string>
#include <utility>

#include "js_error.h"

namespace {

struct Record {
  int severity;
  std::string category;
  std::string log_id;
  std::string location;
  std::string message;
};

std::string Text(const char* text) { return text != nullptr ? text : ""; }

std::mutex mutex;
std::atomic<OrtLoggingLevel> least = ORT_LOGGING_LEVEL_WARNING;
napi_threadsafe_function receiver = nullptr;  // null once its environment has ended

void Deliver(napi_env env, napi_value callback, void*, void* data) {
  const std::unique_ptr<Record> record(static_cast<Record*>(data));
  if (env == nullptr) return;
  const Napi::Env napi(env);
  const Napi::HandleScope scope(napi);
  try {
    Napi::Function(env, callback)
        .Call({Napi::Number::New(env, record->severity), Napi::String::New(env, record->category),
               Napi::String::New(env, record->log_id), Napi::String::New(env, record->location),
               Napi::String::New(env, record->message)});
  } catch (const Napi::Error& error) {
    // What the callback throws is an uncaught exception; of a worker that is being terminated nothing comes.
    napi_fatal_exception(env, error.Value());
  }
}

// Any thread. No exception may pass ONNX Runtime's C frames.
void ORT_API_CALL Log(void*, OrtLoggingLevel severity, const char* category, const char* log_id,
                      const char* location, const char* message) noexcept try {
  const std::lock_guard lock(mutex);
  if (receiver != nullptr) {
    auto record = std::make_unique<Record>(
        Record{severity, Text(category), Text(log_id), Text(location), Text(message)});
    if (napi_call_threadsafe_function(receiver, record.get(), napi_tsfn_nonblocking) == napi_ok) {
      static_cast<void>(record.release());
      return;
    }
  }
  std::fprintf(stderr, "[onnxruntime:%s] %s: %s\n", Text(category).c_str(), Text(location).c_str(),
               Text(message).c_str());
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
  const Napi::String name = Napi::String::New(env, "onnxruntime log");
  CheckStatus(env, napi_create_threadsafe_function(env, callback, nullptr, name, 0, 1, nullptr, nullptr,
                                                   nullptr, Deliver, &receiver));
  function_ = Log;
  CheckStatus(env, napi_unref_threadsafe_function(env, receiver));
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
