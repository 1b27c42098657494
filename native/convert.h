// Conversions between JavaScript's values and the addon's. JS thread.
#pragma once

#include <napi.h>

#include <string>
#include <utility>
#include <vector>

#include "device/device.h"
#include "ort/metadata.h"

inline std::string ToString(Napi::Value value) { return value.As<Napi::String>().Utf8Value(); }
inline uint32_t ToUint32(Napi::Value value) { return value.As<Napi::Number>().Uint32Value(); }
inline bool IsTrue(Napi::Value value) { return value.IsBoolean() && value.As<Napi::Boolean>().Value(); }
ONNXTensorElementDataType ToElementType(Napi::Value value);

// An array of what `make` returns for each index.
template <typename Make>
Napi::Array MakeArray(Napi::Env env, size_t length, Make make) {
  const auto array = Napi::Array::New(env, length);
  for (uint32_t i = 0; i < length; ++i) array.Set(i, make(i));
  return array;
}

std::vector<int64_t> ToDims(Napi::Value array);
// None of what is not an array.
std::vector<int> ToIds(Napi::Value array);
Napi::Array FromDims(Napi::Env env, const std::vector<int64_t>& dims);

// Own properties of an object, in order; none where it is undefined.
std::vector<std::pair<std::string, Napi::Value>> ToProperties(Napi::Value object);
std::vector<std::pair<std::string, std::string>> ToEntries(Napi::Value object_of_strings);

// Opens the device. `name` is a DeviceName: 'cpu', 'cuda', 'cuda-pinned' or 'webgpu'.
device::Location ToLocation(Napi::Value name, Napi::Value id);

// RawValueInfo[] and ModelMetadata of lib/engine/engine.ts.
Napi::Array FromValueInfos(Napi::Env env, const std::vector<ort::ValueInfo>& values,
                           const std::vector<bool>& on_device);
Napi::Object FromModelMetadata(Napi::Env env, const ort::ModelMetadata& metadata);

// The bytes of a typed array. They move or go when JavaScript transfers the ArrayBuffer.
struct Bytes {
  void* data;
  size_t length;
};
Bytes ToBytes(Napi::Value typed_array);

Napi::Array ReadStrings(Napi::Env env, const OrtValue* tensor, size_t count);
// Reads all of them, by getters of the caller's perhaps, which may dispose of any value.
std::vector<std::string> ToStrings(Napi::Value array, size_t count);
