// Registration only. What is registered, lib/engine/native.ts declares as Addon.
#include <napi.h>

#include "binding/binding.h"
#include "binding/user_options.h"
#include "env/addon_data.h"
#include "env/compatibility.h"
#include "env/completions.h"
#include "env/js_error.h"
#include "env/plugins.h"
#include "env/process.h"
#include "env/shared_resources.h"
#include "session/session.h"
#include "session/shared_weights.h"
#include "value/shared.h"
#include "value/value.h"

namespace {

Napi::Object Register(Napi::Env env, Napi::Object exports) {
  AddonData::Install(env);
  exports.Set("Session", Session::Define(env));
  exports.Set("Binding", Binding::Define(env));
  exports.Set("RunOptions", UserOptions::Define(env));
  exports.Set("SharedWeights", SharedWeights::Define(env));
  exports.Set("Value", Value::Define(env));
  exports.Set("setErrorFactory", Napi::Function::New<SetErrorFactory>(env));
  exports.Set("listenForExit", Napi::Function::New<Guarded<ListenForExit>>(env));
  exports.Set("setArm", Napi::Function::New<Guarded<SetArm>>(env));
  exports.Set("turn", Napi::Function::New<Guarded<Turn>>(env));
  exports.Set("reserveThreads", Napi::Function::New<Guarded<ReserveThreads>>(env));
  exports.Set("allowTelemetry", Napi::Function::New<Guarded<AllowTelemetry>>(env));
  exports.Set("openLibrary", Napi::Function::New<Guarded<OpenLibrary>>(env));
  exports.Set("preload", Napi::Function::New<Guarded<Preload>>(env));
  exports.Set("createEnvironment", Napi::Function::New<Guarded<CreateEnvironment>>(env));
  exports.Set("log", Napi::Function::New<Guarded<LogMessage>>(env));
  exports.Set("setLogLevel", Napi::Function::New<Guarded<SetLogLevel>>(env));
  exports.Set("hasSharedThreads", Napi::Function::New<Guarded<HasSharedThreads>>(env));
  exports.Set("registerArena", Napi::Function::New<Guarded<RegisterArena>>(env));
  exports.Set("memoryStats", Napi::Function::New<Guarded<MemoryStats>>(env));
  exports.Set("buildInfo", Napi::Function::New<Guarded<BuildInfo>>(env));
  exports.Set("loadLibrary", Napi::Function::New<Guarded<LoadLibrary>>(env));
  exports.Set("availableProviders", Napi::Function::New<Guarded<AvailableProviders>>(env));
  exports.Set("appendProvider", Napi::Function::New<Guarded<AppendProvider>>(env));
  exports.Set("deviceMemory", Napi::Function::New<Guarded<DeviceMemory>>(env));
  exports.Set("registerExecutionProviderLibrary",
              Napi::Function::New<Guarded<RegisterExecutionProviderLibrary>>(env));
  exports.Set("unregisterExecutionProviderLibrary",
              Napi::Function::New<Guarded<UnregisterExecutionProviderLibrary>>(env));
  exports.Set("shareMemory", Napi::Function::New<Guarded<ShareMemory>>(env));
  exports.Set("openSharedMemory", Napi::Function::New<Guarded<OpenSharedMemory>>(env));
  exports.Set("epDevices", Napi::Function::New<Guarded<EpDevices>>(env));
  exports.Set("modelCompatibility", Napi::Function::New<Guarded<ModelCompatibility>>(env));
  exports.Set("externalBuffers", Napi::Function::New<Guarded<ExternalBuffers>>(env));
  exports.Set("liveBlocks", Napi::Function::New<Guarded<LiveBlocks>>(env));
  return exports;
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  return Guard(env, [&] { return Register(env, exports); });
}

}  // namespace

NODE_API_MODULE(onnxruntime_iobinding, Init)
