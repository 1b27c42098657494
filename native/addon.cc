// Registration only. lib/engine/engine.ts declares the same surface for TypeScript.
#include <napi.h>

#include <mutex>

#include "binding/binding.h"
#include "convert.h"
#include "device/host_memory.h"
#include "env/addon_data.h"
#include "env/log.h"
#include "env/pin.h"
#include "ort/library.h"
#include "ort/shared_library.h"
#include "session/session.h"
#include "value/value.h"

namespace {

OrtLoggingLevel ToLevel(Napi::Value value) {
  return static_cast<OrtLoggingLevel>(value.As<Napi::Number>().Int32Value());
}

// setErrorFactory((code, message) => Error)
void SetErrorFactory(const Napi::CallbackInfo& info) {
  AddonData::Of(info.Env()).make_error = Napi::Persistent(info[0].As<Napi::Function>());
}

// openLibrary(path): { path, version }
Napi::Value OpenLibrary(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    const ort::LibraryInfo library = ort::OpenLibrary(info[0].As<Napi::String>().Utf8Value());
    static std::once_flag opened;
    std::call_once(opened, AddonData::StopAtExit);
    const auto result = Napi::Object::New(info.Env());
    result.Set("path", library.path);
    result.Set("version", library.version);
    return result;
  });
}

// preload(path, logSeverity): promise. Opens the library and creates the environment (tens of milliseconds
// each) on a thread of libuv's pool, so that openLibrary and createEnvironment have nothing left to do. A
// failure is theirs to report.
Napi::Value Preload(const Napi::CallbackInfo& info) {
  class Worker final : public Napi::AsyncWorker {
   public:
    Worker(Napi::Env env, std::string path, OrtLoggingLevel level)
        : AsyncWorker(env), path_(std::move(path)), level_(level), promise_(env) {}
    Napi::Promise promise() const { return promise_.Promise(); }

   protected:
    void Execute() override {
      try {
        ort::OpenLibrary(path_);
        ort::CreateEnvironment({.log_level = level_});
      } catch (const std::exception&) {
      }
    }
    void OnOK() override { promise_.Resolve(Env().Undefined()); }

   private:
    std::string path_;
    OrtLoggingLevel level_;
    Napi::Promise::Deferred promise_;
  };
  auto* worker =
      new Worker(info.Env(), info[0].As<Napi::String>().Utf8Value(), ToLevel(info[1]));  // deletes itself
  worker->Queue();
  return worker->promise();
}

// createEnvironment(logSeverity, onLog?): false when the process has one already
Napi::Value CreateEnvironment(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    ort::EnvironmentOptions options;
    options.log_level = ToLevel(info[0]);
    if (ort::HasEnvironment()) return Napi::Boolean::New(info.Env(), false);
    if (info[1].IsFunction()) options.log_function = SendLogTo(info.Env(), info[1].As<Napi::Function>());
    return Napi::Boolean::New(info.Env(), ort::CreateEnvironment(options));
  });
}

// availableProviders(): string[], by ONNX Runtime's names
Napi::Value AvailableProviders(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    char** names = nullptr;
    int count = 0;
    ort::Check(ort::api().GetAvailableProviders(&names, &count));
    const auto result = Napi::Array::New(info.Env(), count);
    for (int i = 0; i < count; ++i)
      result.Set(static_cast<uint32_t>(i), Napi::String::New(info.Env(), names[i]));
    ort::Check(ort::api().ReleaseAvailableProviders(names, count));
    return result;
  });
}

// loadLibrary(path): opened for good, so that what is opened later finds it
Napi::Value LoadLibrary(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    std::string reason;
    const std::string path = info[0].As<Napi::String>().Utf8Value();
    if (ort::OpenShared(path, reason) == nullptr) throw ort::Error("ERR_LIBRARY_NOT_FOUND", reason);
    return info.Env().Undefined();
  });
}

// appendProvider(name, options): to options of no session, to see whether it can be
Napi::Value AppendProvider(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    const std::string name = info[0].As<Napi::String>().Utf8Value();
    const device::Options provider_options = ToEntries(info[1]);
    ort::Environment();
    device::Device& device = device::Open(name, 0, provider_options);
    const device::DeviceLock lock = device.Lock(false);
    const auto options = ort::Create<ort::SessionOptionsHandle>(ort::api().CreateSessionOptions);
    device.Append(options.get(), provider_options, nullptr);
    return info.Env().Undefined();
  });
}

// deviceMemory(name, id): { free, total } in bytes
Napi::Value DeviceMemory(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    const device::Device::MemoryUse use = ToLocation(info[0], info[1]).device->memory_use();
    const auto result = Napi::Object::New(info.Env());
    result.Set("free", static_cast<double>(use.free));
    result.Set("total", static_cast<double>(use.total));
    return result;
  });
}

// externalBuffers(): whether memory of ours can be shown as ArrayBuffers
Napi::Value ExternalBuffers(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), AddonData::Of(info.Env()).external_buffers);
}

// liveBlocks(): blocks of host memory that exist now in the process
Napi::Value LiveBlocks(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(device::HostMemory::LiveCount()));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  // For the process, whichever thread is the first to load the addon.
  static std::once_flag loaded;
  std::call_once(loaded, [] {
    PinModule();
    device::after_open = AddonData::StopAtExit;
  });
  auto data = std::make_unique<AddonData>(env);
  const Napi::Function value = Value::Define(env);
  data->value_constructor = Napi::Persistent(value);
  env.SetInstanceData(data.release());
  exports.Set("Session", Session::Define(env));
  exports.Set("Binding", Binding::Define(env));
  exports.Set("Value", value);
  exports.Set("setErrorFactory", Napi::Function::New<SetErrorFactory>(env));
  exports.Set("openLibrary", Napi::Function::New<OpenLibrary>(env));
  exports.Set("preload", Napi::Function::New<Preload>(env));
  exports.Set("createEnvironment", Napi::Function::New<CreateEnvironment>(env));
  exports.Set("availableProviders", Napi::Function::New<AvailableProviders>(env));
  exports.Set("loadLibrary", Napi::Function::New<LoadLibrary>(env));
  exports.Set("appendProvider", Napi::Function::New<AppendProvider>(env));
  exports.Set("deviceMemory", Napi::Function::New<DeviceMemory>(env));
  exports.Set("externalBuffers", Napi::Function::New<ExternalBuffers>(env));
  exports.Set("liveBlocks", Napi::Function::New<LiveBlocks>(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(onnxruntime_iobinding, Init)
