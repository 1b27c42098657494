// An OrtIoBinding: values bound to a session's inputs and outputs once, and run many times.
#pragma once

#include <napi.h>

#include <memory>

#include "env/wrapped.h"
#include "state.h"

class Binding : public Wrapped<Binding> {
 public:
  static constexpr const char* kName = "NativeBinding";
  static constexpr napi_type_tag kTag = {0xedbbf94a2f0044b5, 0x9d65a79040a8327e};

  static Napi::Function Define(Napi::Env env);
  explicit Binding(const Napi::CallbackInfo& info);
  void Finalize(Napi::Env env) override { Account(env, 0); }

  // Of each object its own: see DefineOwn.
  Napi::Value RunSync(const Napi::CallbackInfo& info);
  Napi::Value Run(const Napi::CallbackInfo& info);

 private:
  Napi::Value BindInput(const Napi::CallbackInfo& info);
  Napi::Value BindOutput(const Napi::CallbackInfo& info);
  Napi::Value ClearInputs(const Napi::CallbackInfo& info);
  Napi::Value ClearOutputs(const Napi::CallbackInfo& info);
  Napi::Value Outputs(const Napi::CallbackInfo& info);
  Napi::Value Capture(const Napi::CallbackInfo& info);
  Napi::Value ReleaseCapture(const Napi::CallbackInfo& info);
  Napi::Value Cancel(const Napi::CallbackInfo& info);
  Napi::Value Dispose(const Napi::CallbackInfo& info);

  BindingState& State() const;
  // Tells V8 what the binding's mirrors take.
  void Account(Napi::Env env, size_t bytes);

  std::shared_ptr<BindingState> state_;
  size_t accounted_ = 0;
  std::weak_ptr<BindingState> running_;  // of the last asynchronous run, which may outlive dispose()
};
