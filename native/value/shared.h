// Tensors in memory of a GPU that processes share.
#pragma once

#include <napi.h>

Napi::Value ShareMemory(const Napi::CallbackInfo& info);
Napi::Value OpenSharedMemory(const Napi::CallbackInfo& info);
