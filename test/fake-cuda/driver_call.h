// The driver's functions for JavaScript, by their prototypes. Inputs are arguments: BigInts for addresses and
// handles, else numbers. The array that is returned has the result, and then the outputs.
#pragma once

#include <napi.h>

#include <algorithm>
#include <tuple>
#include <type_traits>

#include "device/cuda/driver_types.h"

template <typename T>
T FromJs(Napi::Value value) {
  if constexpr (std::is_pointer_v<T>) {
    bool lossless = false;
    return reinterpret_cast<T>(value.As<Napi::BigInt>().Uint64Value(&lossless));
  } else if (value.IsBigInt()) {
    bool lossless = false;
    return static_cast<T>(value.As<Napi::BigInt>().Uint64Value(&lossless));
  } else {
    return static_cast<T>(value.As<Napi::Number>().Int64Value());
  }
}

template <typename T>
Napi::Value ToJs(Napi::Env env, T value) {
  if constexpr (std::is_same_v<T, const char*>) {
    return value != nullptr ? Napi::Value(Napi::String::New(env, value)) : env.Null();
  } else if constexpr (std::is_pointer_v<T>) {
    return Napi::BigInt::New(env, static_cast<uint64_t>(reinterpret_cast<uintptr_t>(value)));
  } else if constexpr (sizeof(T) == sizeof(uint64_t)) {
    return Napi::BigInt::New(env, static_cast<uint64_t>(value));
  } else {
    return Napi::Number::New(env, static_cast<double>(value));
  }
}

template <typename T>
struct Argument {
  T value;
  void Read(const Napi::CallbackInfo& info, size_t& next) { value = FromJs<T>(info[next++]); }
  T Pass() { return value; }
  void Give(Napi::Env, Napi::Array) {}
};

template <typename T>
inline constexpr bool kIsResult = std::is_arithmetic_v<T> || std::is_pointer_v<T> || std::is_enum_v<T>;

template <typename T>
  requires kIsResult<T>
struct Argument<T*> {
  T value{};
  // An exchanged value is also an input.
  void Read(const Napi::CallbackInfo& info, size_t& next) {
    if constexpr (std::is_enum_v<T>) value = FromJs<T>(info[next++]);
  }
  T* Pass() { return &value; }
  void Give(Napi::Env env, Napi::Array results) { results.Set(results.Length(), ToJs(env, value)); }
};

template <>
struct Argument<CUDA_MEMCPY3D*> {
  CUDA_MEMCPY3D value{};
  void Read(const Napi::CallbackInfo&, size_t&) {}
  CUDA_MEMCPY3D* Pass() { return &value; }
  void Give(Napi::Env env, Napi::Array results) {
    results.Set(results.Length(), ToJs(env, value.WidthInBytes));
  }
};

template <>
struct Argument<CUipcMemHandle*> {
  CUipcMemHandle value{};
  void Read(const Napi::CallbackInfo&, size_t&) {}
  CUipcMemHandle* Pass() { return &value; }
  void Give(Napi::Env env, Napi::Array results) {
    results.Set(results.Length(), Napi::Buffer<char>::Copy(env, value.reserved, sizeof value.reserved));
  }
};

template <>
struct Argument<CUipcMemHandle> {
  CUipcMemHandle value{};
  void Read(const Napi::CallbackInfo& info, size_t& next) {
    const auto bytes = info[next++].As<Napi::Uint8Array>();
    std::copy_n(bytes.Data(), sizeof value.reserved, value.reserved);
  }
  CUipcMemHandle Pass() { return value; }
  void Give(Napi::Env, Napi::Array) {}
};

template <typename... Parameters>
Napi::Value CallDriver(CUresult(CUDAAPI* function)(Parameters...), const Napi::CallbackInfo& info) {
  std::tuple<Argument<Parameters>...> arguments;
  size_t next = 0;
  std::apply([&](auto&... argument) { (argument.Read(info, next), ...); }, arguments);
  const CUresult result =
      std::apply([&](auto&... argument) { return function(argument.Pass()...); }, arguments);
  const auto results = Napi::Array::New(info.Env());
  results.Set(0u, Napi::Number::New(info.Env(), result));
  std::apply([&](auto&... argument) { (argument.Give(info.Env(), results), ...); }, arguments);
  return results;
}
