#include "shared_resources.h"

#include <atomic>
#include <cstdlib>
#include <string>
#include <vector>

#include "convert.h"
#include "device/ep_models.h"
#include "ort/environment.h"
#include "ort/key_values.h"

namespace {

// The arena, by a session that uses it and is never released: ONNX Runtime reports it in no other way.
std::atomic<const OrtAllocator*> arena = nullptr;

// An arena, by the name that ONNX Runtime's CPU provider asks for.
const OrtMemoryInfo* ArenaInfo() {
  static const OrtMemoryInfo* info =
      ort::Create<ort::MemoryInfoHandle>(ort::api().CreateCpuMemoryInfo, OrtArenaAllocator, OrtMemTypeDefault)
          .release();
  return info;
}

}  // namespace

ort::ThreadingOptionsHandle ToThreadingOptions(Napi::Object settings) {
  auto options = ort::Create<ort::ThreadingOptionsHandle>(ort::api().CreateThreadingOptions);
  const auto set = [&](auto setter, const char* name) {
    const Napi::Value value = settings.Get(name);
    if (value.IsNumber()) ort::Check(setter(options.get(), value.As<Napi::Number>().Int32Value()));
    if (value.IsBoolean()) ort::Check(setter(options.get(), IsTrue(value) ? 1 : 0));
  };
  set(ort::api().SetGlobalIntraOpNumThreads, "intraOpNumThreads");
  set(ort::api().SetGlobalInterOpNumThreads, "interOpNumThreads");
  set(ort::api().SetGlobalSpinControl, "allowSpinning");
  if (const Napi::Value affinities = settings.Get("affinities"); affinities.IsString()) {
    ort::Check(ort::api().SetGlobalIntraOpThreadAffinity(options.get(), ToString(affinities).c_str()));
  }
  return options;
}

// hasSharedThreads(): boolean
// Whoever made the process's environment decided. ONNX Runtime reports it of a session alone.
Napi::Value HasSharedThreads(const Napi::CallbackInfo& info) {
  const auto options = ort::Create<ort::SessionOptionsHandle>(ort::api().CreateSessionOptions);
  ort::Check(ort::api().DisablePerSessionThreads(options.get()));
  ort::Check(ort::api().SetSessionLogSeverityLevel(options.get(), ORT_LOGGING_LEVEL_FATAL));
  try {
    ort::Create<ort::SessionHandle>(ort::api().CreateSessionFromArray, ort::Environment(), device::kIdentity,
                                    sizeof device::kIdentity, options.get());
  } catch (const ort::Error&) {
    return Napi::Boolean::New(info.Env(), false);
  }
  return Napi::Boolean::New(info.Env(), true);
}

// registerArena(entries: Record<string, number>): void - CreateAndRegisterAllocator
Napi::Value RegisterArena(const Napi::CallbackInfo& info) {
  std::vector<std::string> names;
  std::vector<size_t> values;
  for (const auto& [name, value] : ToProperties(info[0])) {
    names.push_back(name);
    values.push_back(static_cast<size_t>(value.As<Napi::Number>().Int64Value()));
  }
  std::vector<const char*> keys;
  keys.reserve(names.size());
  for (const std::string& name : names) keys.push_back(name.c_str());
  const auto config = ort::Create<ort::ArenaConfigHandle>(ort::api().CreateArenaCfgV2, keys.data(),
                                                          values.data(), keys.size());
  ort::Check(ort::api().CreateAndRegisterAllocator(ort::Environment(), ArenaInfo(), config.get()));
  const auto options = ort::Create<ort::SessionOptionsHandle>(ort::api().CreateSessionOptions);
  ort::Check(ort::api().AddSessionConfigEntry(options.get(), "session.use_env_allocators", "1"));
  ort::Check(ort::api().SetIntraOpNumThreads(options.get(), 1));
  auto anchor = ort::Create<ort::SessionHandle>(ort::api().CreateSessionFromArray, ort::Environment(),
                                                device::kIdentity, sizeof device::kIdentity, options.get());
  OrtAllocator* allocator = nullptr;
  ort::Check(ort::api().CreateAllocator(anchor.get(), ArenaInfo(), &allocator));
  static_cast<void>(anchor.release());
  arena = allocator;
  return {};
}

// memoryStats(): Record<string, number> | undefined, without an arena; by ONNX Runtime's names -
// AllocatorGetStats
Napi::Value MemoryStats(const Napi::CallbackInfo& info) {
  if (arena == nullptr) return info.Env().Undefined();
  const auto stats = Napi::Object::New(info.Env());
  const auto pairs = ort::Create<ort::KeyValuePairsHandle>(ort::api().AllocatorGetStats, arena.load());
  for (const auto& [key, value] : ort::Entries(pairs.get()))
    stats.Set(key, std::strtod(value.c_str(), nullptr));
  return stats;
}
