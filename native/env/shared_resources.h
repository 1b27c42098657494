// What the sessions of a process can share: threads, and an arena of host memory.
#pragma once

#include <napi.h>

#include "ort/handles.h"

// EngineOptions['threadPool'] of lib/engine/log.ts.
ort::ThreadingOptionsHandle ToThreadingOptions(Napi::Object settings);

Napi::Value HasSharedThreads(const Napi::CallbackInfo& info);
Napi::Value RegisterArena(const Napi::CallbackInfo& info);
Napi::Value MemoryStats(const Napi::CallbackInfo& info);
