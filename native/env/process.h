// The addon's functions for what a process has one of: ONNX Runtime's library, its environment, its devices.
#pragma once

#include <napi.h>

Napi::Value ListenForExit(const Napi::CallbackInfo& info);
Napi::Value ReserveThreads(const Napi::CallbackInfo& info);
Napi::Value AllowTelemetry(const Napi::CallbackInfo& info);
Napi::Value OpenLibrary(const Napi::CallbackInfo& info);
Napi::Value Preload(const Napi::CallbackInfo& info);
Napi::Value CreateEnvironment(const Napi::CallbackInfo& info);
Napi::Value LogMessage(const Napi::CallbackInfo& info);
Napi::Value SetLogLevel(const Napi::CallbackInfo& info);
Napi::Value LoadLibrary(const Napi::CallbackInfo& info);
Napi::Value BuildInfo(const Napi::CallbackInfo& info);
Napi::Value AvailableProviders(const Napi::CallbackInfo& info);
Napi::Value AppendProvider(const Napi::CallbackInfo& info);
Napi::Value DeviceMemory(const Napi::CallbackInfo& info);
Napi::Value ExternalBuffers(const Napi::CallbackInfo& info);
Napi::Value LiveBlocks(const Napi::CallbackInfo& info);
