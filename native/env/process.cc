#include "process.h"

#include <mutex>
#include <utility>

#include "addon_data.h"
#include "convert.h"
#include "device/host_memory.h"
#include "log.h"
#include "ort/environment.h"
#include "ort/library.h"
#include "ort/shared_library.h"
#include "ort/telemetry.h"
#include "pool_worker.h"
#include "run/thread_pool.h"
#include "shared_resources.h"

namespace {

OrtLoggingLevel ToLevel(Napi::Value value) {
  return static_cast<OrtLoggingLevel>(value.As<Napi::Number>().Int32Value());
}

}  // namespace

// listenForExit(isMainThread: () => boolean): void
Napi::Value ListenForExit(const Napi::CallbackInfo& info) {
  AddonData::Of(info.Env()).ListenForExit(info[0].As<Napi::Function>());
  return {};
}

// reserveThreads(threads: number): void
Napi::Value ReserveThreads(const Napi::CallbackInfo& info) {
  run::ThreadPool::Shared().Reserve(ToUint32(info[0]));
  return {};
}

// allowTelemetry(allowed: boolean): boolean
// The first thread that opens the library decides. Returns what the process does.
Napi::Value AllowTelemetry(const Napi::CallbackInfo& info) {
  if (!ort::HasEnvironment()) ort::AllowTelemetry(info[0].As<Napi::Boolean>());
  return Napi::Boolean::New(info.Env(), ort::TelemetryAllowed());
}

// openLibrary(path: string): { path: string; version: string }
Napi::Value OpenLibrary(const Napi::CallbackInfo& info) {
  const ort::LibraryInfo library = ort::OpenLibrary(ToString(info[0]));
  static std::once_flag opened;
  std::call_once(opened, AddonData::StopAtExit);
  const auto result = Napi::Object::New(info.Env());
  result.Set("path", library.path);
  result.Set("version", library.version);
  return result;
}

// preload(path: string, logSeverity: number): Promise<void>
// Opening the library and creating the environment take tens of milliseconds each. openLibrary and
// createEnvironment report what fails here.
Napi::Value Preload(const Napi::CallbackInfo& info) {
  auto work = [path = ToString(info[0]), level = ToLevel(info[1])] {
    try {
      ort::OpenLibrary(path);
      ort::CreateEnvironment(level);
    } catch (const std::exception&) {
    }
  };
  return PoolWorker<decltype(work)>::Start(info.Env(), std::move(work));
}

// createEnvironment(logSeverity: number, onLog?: EngineOptions['onLog'], threads?:
// EngineOptions['threadPool']): boolean - CreateEnv
Napi::Value CreateEnvironment(const Napi::CallbackInfo& info) {
  const auto threads = info[2].IsObject() ? ToThreadingOptions(info[2].As<Napi::Object>()) : nullptr;
  const auto create = [&](OrtLoggingFunction log) {
    SetLeastLogged(ToLevel(info[0]));
    return ort::CreateEnvironment(ToLevel(info[0]), log, threads.get());
  };
  if (ort::HasEnvironment()) return Napi::Boolean::New(info.Env(), false);
  if (!info[1].IsFunction()) return Napi::Boolean::New(info.Env(), create(nullptr));
  LogReceiver receiver(info.Env(), info[1].As<Napi::Function>());
  const bool created = receiver.function() != nullptr && create(receiver.function());
  if (created) receiver.Keep();
  return Napi::Boolean::New(info.Env(), created);
}

// log(severity: number, message: string): void
Napi::Value LogMessage(const Napi::CallbackInfo& info) {
  WriteLog(ToLevel(info[0]), ToString(info[1]));
  return {};
}

// setLogLevel(logSeverity: number, change: boolean): boolean - UpdateEnvWithCustomLogLevel
Napi::Value SetLogLevel(const Napi::CallbackInfo& info) {
  const bool set = ort::SetLogLevel(ToLevel(info[0]), IsTrue(info[1]));
  if (set) SetLeastLogged(ToLevel(info[0]));
  return Napi::Boolean::New(info.Env(), set);
}

// loadLibrary(path: string): void
// The library stays open, so that libraries opened later find it.
Napi::Value LoadLibrary(const Napi::CallbackInfo& info) {
  std::string reason;
  if (ort::OpenShared(ToString(info[0]), reason) == nullptr) {
    throw ort::Error("ERR_LIBRARY_NOT_FOUND", reason);
  }
  return {};
}

// buildInfo(): string - GetBuildInfoString
Napi::Value BuildInfo(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), ort::api().GetBuildInfoString());
}

// availableProviders(): string[] - GetAvailableProviders
Napi::Value AvailableProviders(const Napi::CallbackInfo& info) {
  char** names = nullptr;
  int count = 0;
  ort::Check(ort::api().GetAvailableProviders(&names, &count));
  const auto release = [count](char** all) { ort::Ignore(ort::api().ReleaseAvailableProviders(all, count)); };
  const std::unique_ptr<char*, decltype(release)> released(names, release);
  return MakeArray(info.Env(), count, [names](uint32_t i) { return names[i]; });
}

// appendProvider(name: 'cuda' | 'webgpu', options: Record<string, string>): void
Napi::Value AppendProvider(const Napi::CallbackInfo& info) {
  const device::Options provider_options = ToEntries(info[1]);
  ort::Environment();
  device::Device& device = device::Open(ToString(info[0]), 0, provider_options);
  const device::DeviceLock lock = device.Lock(false);
  const auto options = ort::Create<ort::SessionOptionsHandle>(ort::api().CreateSessionOptions);
  device.Append(options.get(), provider_options, nullptr);
  return {};
}

// deviceMemory(device: DeviceName, id: number): { free: number; total: number } - bytes
Napi::Value DeviceMemory(const Napi::CallbackInfo& info) {
  const device::Device::MemoryUse use = ToLocation(info[0], info[1]).device->memory_use();
  const auto result = Napi::Object::New(info.Env());
  result.Set("free", static_cast<double>(use.free));
  result.Set("total", static_cast<double>(use.total));
  return result;
}

// externalBuffers(): boolean
Napi::Value ExternalBuffers(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), AddonData::Of(info.Env()).external_buffers);
}

// liveBlocks(): number
Napi::Value LiveBlocks(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(device::HostMemory::LiveCount()));
}
