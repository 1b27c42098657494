// A JavaScript function that receives messages of ONNX Runtime's log, from any thread.
#pragma once

#include <napi.h>

#include <memory>

#include "ort/handles.h"

// `callback(severity, category, logId, location, message)`, on its own thread. It does not keep the event
// loop alive. `finalize` is called when its environment has ended, or after the release.
napi_threadsafe_function MakeLogFunction(Napi::Env env, Napi::Function callback, void* data,
                                         napi_finalize finalize);

// Any thread: false if the message cannot be delivered anymore.
bool SendToLogFunction(napi_threadsafe_function function, OrtLoggingLevel severity, const char* category,
                       const char* log_id, const char* location, const char* message);

// Any thread: to stderr.
void PrintLog(const char* category, const char* location, const char* message) noexcept;

// The receiver of one session's messages. The session must not outlive it.
class SessionLog {
 public:
  SessionLog(Napi::Env env, Napi::Function callback);
  // Any thread.
  ~SessionLog();
  SessionLog(const SessionLog&) = delete;
  SessionLog& operator=(const SessionLog&) = delete;

  void Receive(OrtSessionOptions* options) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};
