// Errors on their way to JavaScript.
#pragma once

#include <napi.h>

#include <utility>

#include "ort/error.h"

// setErrorFactory(factory: (code: OrtErrorCode, message: string, remedy?: string) => Error): void
void SetErrorFactory(const Napi::CallbackInfo& info);

// The JavaScript error (lib/errors.ts) for a native one.
Napi::Value ToJsError(Napi::Env env, const ort::Error& error);
[[noreturn]] void ThrowJs(Napi::Env env, const ort::Error& error);

// A failed call of Node-API has left a JavaScript exception pending, or the text of an error.
inline void CheckStatus(Napi::Env env, napi_status status) {
  if (status != napi_ok) throw Napi::Error::New(env);
}

// The same of an ArrayBuffer over memory: Node.js 20 views at most 4 GiB of what V8 did not allocate.
void CheckView(Napi::Env env, napi_status status, size_t bytes);

// Every function that JavaScript calls runs its body in here: no C++ exception but Napi::Error may leave.
template <typename Body>
auto Guard(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (const ort::Error& error) {
    ThrowJs(env, error);
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& error) {
    ThrowJs(env, ort::FromException(error));
  }
}

// What Node.js calls itself, past node-addon-api: no exception at all may leave.
template <typename Body>
napi_value Enter(napi_env env, Body&& body) {
  try {
    return Guard(env, std::forward<Body>(body));
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
    return nullptr;
  }
}

// A function of the addon, with its body in Guard.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
Napi::Value Guarded(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&info] { return function(info); });
}
