// Between JavaScript's values and ours.
#pragma once

#include <napi.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "device/device.h"
#include "ort/metadata.h"
#include "ort/run_options.h"
#include "ort/session_options.h"

std::vector<int64_t> ToDims(Napi::Value value);
Napi::Array FromDims(Napi::Env env, const std::vector<int64_t>& dims);

// Own properties of an object of strings, in order; none where it is undefined.
std::vector<std::pair<std::string, std::string>> ToEntries(Napi::Value object);

// A device's name ('cpu', 'cuda', 'cuda-pinned', 'webgpu') and id; opens the device.
device::Location ToLocation(Napi::Value name, Napi::Value id);

ort::SessionSettings ToSessionSettings(Napi::Object options);
ort::RunSettings ToRunSettings(Napi::Object options);

Napi::Array FromValueInfos(Napi::Env env, const std::vector<ort::ValueInfo>& values);
Napi::Object FromModelMetadata(Napi::Env env, const ort::ModelMetadata& metadata);

// The bytes a typed array shows.
struct Bytes {
  void* data;
  size_t length;
};
Bytes ToBytes(Napi::Value view);
// The ArrayBuffer or SharedArrayBuffer under a typed array.
Napi::Value BufferOf(Napi::Value view);

Napi::Array ReadStrings(Napi::Env env, const OrtValue* tensor, size_t count);
void WriteStrings(OrtValue* tensor, size_t count, Napi::Array strings);
