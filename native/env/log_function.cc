#include "log_function.h"

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

const char* Text(const char* text) { return text != nullptr ? text : ""; }

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

}  // namespace

napi_threadsafe_function MakeLogFunction(Napi::Env env, Napi::Function callback, void* data,
                                         napi_finalize finalize) {
  const Napi::String name = Napi::String::New(env, "onnxruntime log");
  napi_threadsafe_function function = nullptr;
  CheckStatus(env, napi_create_threadsafe_function(env, callback, nullptr, name, 0, 1, data, finalize,
                                                   nullptr, Deliver, &function));
  CheckStatus(env, napi_unref_threadsafe_function(env, function));
  return function;
}

bool SendToLogFunction(napi_threadsafe_function function, OrtLoggingLevel severity, const char* category,
                       const char* log_id, const char* location, const char* message) {
  auto record =
      std::make_unique<Record>(Record{severity, Text(category), Text(log_id), Text(location), Text(message)});
  if (napi_call_threadsafe_function(function, record.get(), napi_tsfn_nonblocking) != napi_ok) return false;
  static_cast<void>(record.release());
  return true;
}

void PrintLog(const char* category, const char* location, const char* message) noexcept {
  std::fprintf(stderr, "[onnxruntime:%s] %s: %s\n", Text(category), Text(location), Text(message));
}

struct SessionLog::State {
  std::mutex mutex;
  napi_threadsafe_function function = nullptr;  // null once its environment has ended

  // No exception may pass ONNX Runtime's C frames.
  static void ORT_API_CALL Log(void* self, OrtLoggingLevel severity, const char* category, const char* log_id,
                               const char* location, const char* message) noexcept try {
    State& state = *static_cast<State*>(self);
    const std::lock_guard lock(state.mutex);
    if (state.function != nullptr &&
        SendToLogFunction(state.function, severity, category, log_id, location, message)) {
      return;
    }
    PrintLog(category, location, message);
  } catch (...) {
    // The message is lost.
  }

  static void Finalize(napi_env, void* data, void*) {
    const std::unique_ptr<std::shared_ptr<State>> state(static_cast<std::shared_ptr<State>*>(data));
    const std::lock_guard lock((*state)->mutex);
    (*state)->function = nullptr;
  }
};

SessionLog::SessionLog(Napi::Env env, Napi::Function callback) : state_(std::make_shared<State>()) {
  auto shared = std::make_unique<std::shared_ptr<State>>(state_);
  state_->function = MakeLogFunction(env, callback, shared.get(), State::Finalize);
  static_cast<void>(shared.release());
}

SessionLog::~SessionLog() {
  const std::lock_guard lock(state_->mutex);
  if (state_->function != nullptr) napi_release_threadsafe_function(state_->function, napi_tsfn_release);
  state_->function = nullptr;
}

void SessionLog::Receive(OrtSessionOptions* options) const {
  ort::Check(ort::api().SetUserLoggingFunction(options, State::Log, state_.get()));
}
