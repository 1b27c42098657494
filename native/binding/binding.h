// A binding as JavaScript holds it.
#pragma once

#include <napi.h>

#include <memory>

#include "env/wrapped.h"
#include "state.h"

class BindingJob;

class Binding : public Wrapped<Binding> {
 public:
  static constexpr const char* kName = "NativeBinding";
  static constexpr napi_type_tag kTag = {0xedbbf94a2f0044b5, 0x9d65a79040a8327e};

  static Napi::Function Define(Napi::Env env);
  explicit Binding(const Napi::CallbackInfo& info);

 private:
  // EngineBinding of lib/engine/engine.ts.
  void BindInput(const Napi::CallbackInfo& info);
  void BindOutput(const Napi::CallbackInfo& info);
  void ClearInputs(const Napi::CallbackInfo& info);
  void ClearOutputs(const Napi::CallbackInfo& info);
  void UseRunOptions(const Napi::CallbackInfo& info);
  Napi::Value Outputs(const Napi::CallbackInfo& info);
  Napi::Value ResultsRun(const Napi::CallbackInfo& info);
  void RunSync(const Napi::CallbackInfo& info);
  Napi::Value Run(const Napi::CallbackInfo& info);
  Napi::Value Overtaken(const Napi::CallbackInfo& info);
  Napi::Value Capture(const Napi::CallbackInfo& info);
  Napi::Value Captured(const Napi::CallbackInfo& info);
  Napi::Value Recaptures(const Napi::CallbackInfo& info);
  void ReleaseCapture(const Napi::CallbackInfo& info);
  void Cancel(const Napi::CallbackInfo& info);
  void Dispose(const Napi::CallbackInfo& info);

  // The class's methods: the first call gives the object its own, so that one that never runs costs none.
  void FirstRunSync(const Napi::CallbackInfo& info);
  Napi::Value FirstRun(const Napi::CallbackInfo& info);
  // A method of one object, which gets its address as data: napi_unwrap, a property lookup in V8, costs
  // 0.2 us. The function keeps the object alive, so the address stays valid.
  template <auto method>
  void DefineOwn(const char* name);
  template <auto method>
  static auto CallOwn(const Napi::CallbackInfo& info) {
    return Guard(info.Env(), [&info] { return (static_cast<Binding*>(info.Data())->*method)(info); });
  }

  BindingState& State() const;
  // The state, unless a run is in flight or a graph was captured.
  BindingState& RebindableState() const;
  void SetJob(BindingJob* job);

  std::shared_ptr<BindingState> state_;     // until dispose()
  std::weak_ptr<BindingState> cancelable_;  // the same, for a run that outlives dispose()
};
