#include "js_error.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "addon_data.h"

namespace {

// What the user can do about an error that only the addon detects.
constexpr std::pair<std::string_view, const char*> kRemedies[] = {
    {"ERR_BUSY", "Await the run in flight, or give each run in flight a binding and values of its own"},
    {"ERR_DETACHED", "Bind a typed array that is not transferred, or an OrtValue with memory of its own"},
    {"ERR_DEVICE_MISMATCH",
     "Bind host memory, or a value of the session's own device: value.copyTo(other) copies between devices"},
    {"ERR_EXITING", "Run and load before the 'exit' event: its listeners cannot"},
    {"ERR_GRAPH_CAPTURE",
     "Create the session on CUDA or WebGPU with enableGraphCapture, and bind every output to preallocated "
     "memory: createIoBinding(inputs, { outputs: { name: shape } }). A model with a node that no graph can "
     "hold runs without capture()"},
    {"ERR_GRAPH_CAPTURED", "Call releaseCapture() first"},
    {"ERR_GRAPH_STALE",
     "Call releaseCapture() and capture() again; run every shape once before the captures, or capture with "
     "onStale: 'recapture'"},
    {"ERR_MEMORY_OVERLAP",
     "Bind a value with memory of its own; to exchange the values of outputs, call clearBindingOutputs() "
     "first"},
    {"ERR_MISSING_INPUT", "Bind it with createIoBinding or bindOrtValueInput"},
    {"ERR_MISSING_OUTPUT", "Bind the outputs with createIoBinding, bindOutput or bindOrtValueOutput"},
    {"ERR_SESSION_FAILED", "Release the session and create it again; the message has the first error"},
    {"ERR_NO_EXTERNAL_BUFFERS",
     "Use read() and write(), which copy; or bind memory from OrtValue.allocate or createIoBinding"},
};

}  // namespace

void SetErrorFactory(const Napi::CallbackInfo& info) {
  AddonData::Of(info.Env()).make_error = Napi::Persistent(info[0].As<Napi::Function>());
}

Napi::Value ToJsError(Napi::Env env, const ort::Error& error) {
  const auto code = Napi::String::New(env, error.code());
  const auto message = Napi::String::New(env, error.what());
  // Null while the addon is being loaded.
  const auto* const data = env.GetInstanceData<AddonData>();
  if (data != nullptr && !data->make_error.IsEmpty()) {
    const Napi::FunctionReference& make_error = data->make_error;
    const auto* const remedy = std::find_if(std::begin(kRemedies), std::end(kRemedies),
                                            [&](const auto& one) { return one.first == error.code(); });
    if (remedy == std::end(kRemedies)) return make_error.Call({code, message});
    return make_error.Call({code, message, Napi::String::New(env, remedy->second)});
  }
  const Napi::Error plain = Napi::Error::New(env, error.what());
  plain.Set("code", code);
  return plain.Value();
}

void ThrowJs(Napi::Env env, const ort::Error& error) {
  const Napi::Value value = ToJsError(env, error);
  throw Napi::Error(env, value);
}

void CheckView(Napi::Env env, napi_status status, size_t bytes) {
  if (status == napi_ok) return;
  napi_value pending = nullptr;
  napi_get_and_clear_last_exception(env, &pending);
  throw ort::Error(
      "ERR_NOT_SUPPORTED",
      "this Node.js cannot view " + std::to_string(bytes) +
          " bytes of memory that V8 did not allocate: use OrtValue.wrap() with a typed array, or Node.js 22");
}
