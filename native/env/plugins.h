// The addon's functions for plugins, and for the devices of execution providers.
#pragma once

#include <napi.h>

Napi::Value RegisterExecutionProviderLibrary(const Napi::CallbackInfo& info);
Napi::Value UnregisterExecutionProviderLibrary(const Napi::CallbackInfo& info);
Napi::Value EpDevices(const Napi::CallbackInfo& info);
