// An OrtValue as JavaScript holds it.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "external_buffer.h"
#include "state.h"

class Value : public Napi::ObjectWrap<Value> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit Value(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Value>(info) {}
  ~Value() override = default;
  void Finalize(Napi::Env env) override { Release(env); }

  // What must stay while a value does. A sequence shares its elements' tensors, and ONNX Runtime's sequence
  // operators share those of their inputs.
  using KeepAlive = std::vector<std::shared_ptr<void>>;

  // A JavaScript object for a value that ONNX Runtime made.
  static Napi::Object Wrap(Napi::Env env, ort::ValueHandle handle, KeepAlive shared = {},
                           const device::Location& where = {}, std::shared_ptr<OrtSession> session = nullptr);
  // The same for a tensor whose memory is an input's: a copy, since the input goes its own way.
  static Napi::Object Copy(Napi::Env env, OrtValue* tensor, const device::Location& where = {});
  static const std::shared_ptr<ValueState>& StateOf(Napi::Value value);

 private:
  static Napi::Value Allocate(const Napi::CallbackInfo& info);
  static Napi::Value Borrow(const Napi::CallbackInfo& info);
  static Napi::Value Sequence(const Napi::CallbackInfo& info);
  static Napi::Object New(Napi::Env env, std::shared_ptr<ValueState> state);

  Napi::Value Kind(const Napi::CallbackInfo& info);
  Napi::Value Type(const Napi::CallbackInfo& info);
  Napi::Value Dims(const Napi::CallbackInfo& info);
  Napi::Value DeviceName(const Napi::CallbackInfo& info);
  Napi::Value DeviceId(const Napi::CallbackInfo& info);
  Napi::Value ArrayBuffer(const Napi::CallbackInfo& info);
  Napi::Value CopyTo(const Napi::CallbackInfo& info);
  Napi::Value CopyToAsync(const Napi::CallbackInfo& info);
  Napi::Value Strings(const Napi::CallbackInfo& info);
  Napi::Value SetStrings(const Napi::CallbackInfo& info);
  Napi::Value Elements(const Napi::CallbackInfo& info);
  Napi::Value Dispose(const Napi::CallbackInfo& info);

  ValueState& State() const;
  void Release(Napi::Env env);
  void Account(Napi::Env env, int64_t bytes);

  std::shared_ptr<ValueState> state_;
  std::shared_ptr<BufferOwner> buffer_;  // of the ArrayBuffer that shows the memory
  int64_t accounted_ = 0;  // bytes V8 was told of; while an ArrayBuffer shows them, V8 counts them itself
};
