// The OrtEnv: created once a process, before the first session, and never released or recreated.
#pragma once

#include "api.h"

namespace ort {

struct EnvironmentOptions {
  OrtLoggingLevel log_level = ORT_LOGGING_LEVEL_WARNING;
  OrtLoggingFunction log_function = nullptr;  // null: ONNX Runtime writes to stderr itself
};

// Creates the environment. Returns false, and changes nothing, when it exists already. Safe from any thread.
bool CreateEnvironment(const EnvironmentOptions& options);

// Whether anybody has created it.
bool HasEnvironment();

// The environment, created with default options if nobody has created it yet.
OrtEnv* Environment();

// Describes host memory to ONNX Runtime; made once, never released.
const OrtMemoryInfo* CpuMemoryInfo();

}  // namespace ort
