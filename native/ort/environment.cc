#include "environment.h"

#include <mutex>
#include <optional>

#include "handles.h"
#include "telemetry.h"

namespace ort {
namespace {

std::mutex mutex;
// Never released: at exit ONNX Runtime's static objects are destroyed first, and releasing the environment
// after them crashes.
OrtEnv* environment = nullptr;

void CreateLocked(OrtLoggingLevel level, OrtLoggingFunction log, const OrtThreadingOptions* threads) {
  constexpr const char* kLogId = "onnxruntime-iobinding";
  OrtEnv* created = nullptr;
  if (threads == nullptr) {
    Check(log != nullptr ? api().CreateEnvWithCustomLogger(log, nullptr, level, kLogId, &created)
                         : api().CreateEnv(level, kLogId, &created));
  } else {
    Check(log != nullptr ? api().CreateEnvWithCustomLoggerAndGlobalThreadPools(log, nullptr, level, kLogId,
                                                                               threads, &created)
                         : api().CreateEnvWithGlobalThreadPools(level, kLogId, threads, &created));
  }
  Check(api().SetLanguageProjection(created, ORT_PROJECTION_NODEJS));
  // The library may be open already, for onnxruntime-node, with telemetry.
  if (DisablesTelemetryEvents()) Check(api().DisableTelemetryEvents(created));
  environment = created;
}

}  // namespace

bool CreateEnvironment(OrtLoggingLevel level, OrtLoggingFunction log, const OrtThreadingOptions* threads) {
  const std::lock_guard lock(mutex);
  if (environment != nullptr) return false;
  CreateLocked(level, log, threads);
  return true;
}

bool HasEnvironment() {
  const std::lock_guard lock(mutex);
  return environment != nullptr;
}

bool SetLogLevel(OrtLoggingLevel level, bool change) {
  static std::optional<OrtLoggingLevel> set;
  OrtEnv* env = Environment();
  const std::lock_guard lock(mutex);
  if (set && !change) return *set == level;
  Check(api().UpdateEnvWithCustomLogLevel(env, level));
  set = level;
  return true;
}

OrtEnv* Environment() {
  const std::lock_guard lock(mutex);
  if (environment == nullptr) CreateLocked(ORT_LOGGING_LEVEL_WARNING, nullptr, nullptr);
  return environment;
}

const OrtMemoryInfo* CpuMemoryInfo() {
  static const OrtMemoryInfo* info =
      Create<MemoryInfoHandle>(api().CreateCpuMemoryInfo, OrtDeviceAllocator, OrtMemTypeDefault).release();
  return info;
}

}  // namespace ort
