// ONNX Runtime's log, handed to JavaScript.
#pragma once

#include <napi.h>

#include "ort/environment.h"

// Makes `callback(severity, category, logId, location, message)` the receiver of every message of the
// process, and returns the function to create the environment with. Messages come from any thread and reach
// JavaScript on its own thread, soon after; when the callback's environment has ended they go to stderr.
OrtLoggingFunction SendLogTo(Napi::Env env, Napi::Function callback);
