// Whether a compiled model runs on devices.
#pragma once

#include <napi.h>

Napi::Value ModelCompatibility(const Napi::CallbackInfo& info);
