// Sends ONNX Runtime's log to JavaScript.
#pragma once

#include <napi.h>

#include <string>

#include "ort/environment.h"

// Makes `callback(severity, category, logId, location, message)` the receiver of the process's log, and
// returns the function to create the environment with. Messages come from any thread and reach JavaScript on
// its own thread; once the callback's environment has ended they go to stderr.
OrtLoggingFunction SendLogTo(Napi::Env env, Napi::Function callback);

// The least severity that is logged, as ONNX Runtime's environment has it.
void SetLogLevel(OrtLoggingLevel level) noexcept;
// Any thread: a message of this package in the same log.
void WriteLog(OrtLoggingLevel severity, const std::string& message) noexcept;
