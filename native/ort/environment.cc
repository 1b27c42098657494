#include "environment.h"

#include <mutex>

#include "handles.h"

namespace ort {
namespace {

std::mutex mutex;
// Raw on purpose: ONNX Runtime's static objects are gone by the time ours would be destroyed, and releasing
// the environment after them crashes.
OrtEnv* environment = nullptr;

OrtEnv* CreateLocked(const EnvironmentOptions& options) {
  OrtEnv* created = nullptr;
  constexpr const char* kLogId = "onnxruntime-iobinding";
  if (options.log_function != nullptr) {
    Check(
        api().CreateEnvWithCustomLogger(options.log_function, nullptr, options.log_level, kLogId, &created));
  } else {
    Check(api().CreateEnv(options.log_level, kLogId, &created));
  }
  Check(api().SetLanguageProjection(created, ORT_PROJECTION_NODEJS));
  return created;
}

}  // namespace

bool CreateEnvironment(const EnvironmentOptions& options) {
  const std::lock_guard lock(mutex);
  if (environment != nullptr) return false;
  environment = CreateLocked(options);
  return true;
}

bool HasEnvironment() {
  const std::lock_guard lock(mutex);
  return environment != nullptr;
}

OrtEnv* Environment() {
  const std::lock_guard lock(mutex);
  if (environment == nullptr) environment = CreateLocked({});
  return environment;
}

const OrtMemoryInfo* CpuMemoryInfo() {
  static const OrtMemoryInfo* info =
      Create<MemoryInfoHandle>(api().CreateCpuMemoryInfo, OrtDeviceAllocator, OrtMemTypeDefault).release();
  return info;
}

}  // namespace ort
