#include "compile.h"

#include <cstring>

#include "ort/environment.h"
#include "ort/path.h"
#include "run/thread_name.h"
#include "value/buffer.h"

namespace {

std::optional<std::string> ToText(Napi::Value value) {
  if (!value.IsString()) return std::nullopt;
  return ToString(value);
}

}  // namespace

CompileSettings::CompileSettings(Napi::Object settings)
    : to(ToText(settings.Get("to"))),
      external_initializers_file(ToText(settings.Get("externalInitializersFile"))),
      external_initializers_threshold(static_cast<size_t>(
          settings.Get("externalInitializersSizeThreshold").As<Napi::Number>().Int64Value())),
      embeds_context(IsTrue(settings.Get("epContextEmbedMode"))),
      flags(ToUint32(settings.Get("flags"))),
      optimization(static_cast<GraphOptimizationLevel>(
          settings.Get("graphOptimizationLevel").As<Napi::Number>().Int32Value())),
      weightless(IsTrue(settings.Get("weightless"))) {
  if (const Napi::Value place = settings.Get("epContextBinary"); place.IsObject()) {
    const auto object = place.As<Napi::Object>();
    context_place.emplace(ToString(object.Get("directory")), ToString(object.Get("modelName")));
  }
}

CompileJob::CompileJob(Napi::Env env, Napi::Object owner, std::shared_ptr<SessionState> state,
                       Napi::Value model, LoadSettings settings, CompileSettings compile,
                       ModelJob*& in_flight)
    : ModelJob(env, owner, std::move(state), model, std::move(settings), in_flight),
      compile_(std::move(compile)) {}

void CompileJob::Work() {
  const ort::Api& api = ort::api();
  if (api.CompileModel == nullptr) {
    throw ort::Error("ERR_NOT_SUPPORTED", "this build of ONNX Runtime does not compile models");
  }
  const Opened opened = Open();
  const device::DeviceLock lock = Lock(opened);
  Append(opened);
  const run::InheritedName its_threads("onnxruntime");
  OrtEnv* const env = ort::Environment();
  const auto options = ort::Create<ort::ModelCompilationOptionsHandle>(
      api.CreateModelCompilationOptionsFromSessionOptions, env, settings_.options.get());
  Set(options.get());
  ort::Check(api.CompileModel(env, options.get()));
}

void CompileJob::Set(OrtModelCompilationOptions* options) {
  const ort::Api& api = ort::api();
  if (bytes_.data != nullptr) {
    ort::Check(api.ModelCompilationOptions_SetInputModelFromBuffer(options, bytes_.data, bytes_.length));
  } else {
    ort::Check(api.ModelCompilationOptions_SetInputModelPath(options, ort::ToPath(path_).c_str()));
  }
  if (compile_.to) {
    ort::Check(api.ModelCompilationOptions_SetOutputModelPath(options, ort::ToPath(*compile_.to).c_str()));
  } else {
    ort::Check(api.ModelCompilationOptions_SetOutputModelBuffer(options, ort::DefaultAllocator(), &compiled_,
                                                                &length_));
  }
  ort::Check(api.ModelCompilationOptions_SetFlags(options, compile_.flags));
  ort::Check(api.ModelCompilationOptions_SetGraphOptimizationLevel(options, compile_.optimization));
  ort::Check(api.ModelCompilationOptions_SetEpContextEmbedMode(options, compile_.embeds_context));
  if (const auto& file = compile_.external_initializers_file) {
    ort::Check(api.ModelCompilationOptions_SetOutputModelExternalInitializersFile(
        options, ort::ToPath(*file).c_str(), compile_.external_initializers_threshold));
  }
  if (const auto& place = compile_.context_place) {
    ort::Check(api.ModelCompilationOptions_SetEpContextBinaryInformation(
        options, ort::ToPath(place->first).c_str(), ort::ToPath(place->second).c_str()));
  }
  if (!compile_.weightless) return;
  if (api.ModelCompilationOptions_SetWeightlessEnabled == nullptr) {
    throw ort::Error("ERR_NOT_SUPPORTED", "'weightless' needs ONNX Runtime 1.29 or newer");
  }
  ort::Check(api.ModelCompilationOptions_SetWeightlessEnabled(options, true));
}

Napi::Value CompileJob::Result(Napi::Env env) {
  if (compile_.to) return env.Undefined();
  const std::shared_ptr<void> memory(std::exchange(compiled_, nullptr), ort::AllocatorDeleter());
  if (AddonData::Of(env).external_buffers) {
    void* const data = memory.get();
    return ExternalArrayBuffer(env, data, length_, std::make_shared<BufferOwner>(memory, data, length_));
  }
  Napi::ArrayBuffer buffer = NewArrayBuffer(env, length_);
  std::memcpy(buffer.Data(), memory.get(), length_);
  return buffer;
}

CompileJob::~CompileJob() { ort::AllocatorDeleter()(compiled_); }
