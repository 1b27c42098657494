// Options of sessions and runs.
#pragma once

#include <napi.h>

#include "ort/handles.h"

// SessionSettings of lib/engine/engine.ts, but for the provider's. The bytes of external data must stay until
// the session is created.
ort::SessionOptionsHandle ToSessionOptions(Napi::Object settings);
// RunSettings of lib/engine/engine.ts.
ort::RunOptionsHandle ToRunOptions(Napi::Object settings);
// Whether these ask ONNX Runtime to free what nothing uses of its arenas.
bool ShrinksArena(Napi::Object settings);
