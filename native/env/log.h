// Sends ONNX Runtime's log to JavaScript.
#pragma once

#include <napi.h>

#include <string>

#include "ort/environment.h"

// Makes `callback(severity, category, logId, location, message)` the receiver of the process's log, unless it
// has one: until the object goes, or for good once ONNX Runtime's environment has been created. Messages come
// from any thread and reach JavaScript on its own thread; once the callback's environment has ended they go
// to stderr.
class LogReceiver {
 public:
  LogReceiver(Napi::Env env, Napi::Function callback);
  ~LogReceiver();
  LogReceiver(const LogReceiver&) = delete;
  LogReceiver& operator=(const LogReceiver&) = delete;

  // What to create the environment with; null: the log has another receiver.
  OrtLoggingFunction function() const noexcept { return function_; }
  void Keep() noexcept { kept_ = true; }

 private:
  Napi::Env env_;
  OrtLoggingFunction function_ = nullptr;
  bool kept_ = false;
};

// Any thread: sends a session's messages to the receiver, if the process has one. They would go to the log of
// the environment, which may be onnxruntime-node's.
void SendSessionLog(OrtSessionOptions* options);

// The least severity that is logged, as ONNX Runtime's environment has it.
void SetLeastLogged(OrtLoggingLevel level) noexcept;
// Any thread: a message of this package in the same log.
void WriteLog(OrtLoggingLevel severity, const std::string& message) noexcept;
