// The OrtEnv: created once a process, before the first session, and never released.
#pragma once

#include "api.h"

namespace ort {

// Creates the environment, which logs to stderr without a log function; with `threads`, it has threads that
// sessions share. Returns false, and changes nothing, when it exists. Any thread.
bool CreateEnvironment(OrtLoggingLevel level, OrtLoggingFunction log = nullptr,
                       const OrtThreadingOptions* threads = nullptr);

bool HasEnvironment();

// Sets the level of the process's log, which onnxruntime-node may have created. False, and nothing changes,
// if it was set to another level before, unless it may `change`. Any thread.
bool SetLogLevel(OrtLoggingLevel level, bool change);

// The environment, created with default options if it does not exist.
OrtEnv* Environment();

// Describes host memory to ONNX Runtime. Created once, never released.
const OrtMemoryInfo* CpuMemoryInfo();

}  // namespace ort
