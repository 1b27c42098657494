// An OrtValue as JavaScript holds it.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "buffer.h"
#include "env/wrapped.h"
#include "state.h"

class Value : public Wrapped<Value> {
 public:
  static constexpr const char* kName = "NativeValue";
  static constexpr napi_type_tag kTag = {0x5e4d984e71e94e38, 0x8ab58a4138c44fda};

  static Napi::Function Define(Napi::Env env);
  explicit Value(const Napi::CallbackInfo& info) : Wrapped(info) {}
  ~Value() override = default;

  // A JavaScript object for a value that ONNX Runtime created.
  static Napi::Object Wrap(Napi::Env env, ort::ValueHandle handle, Shared shared = {},
                           const device::Location& where = {}, std::shared_ptr<OrtSession> session = nullptr);
  // The same for a tensor in an input's memory: a copy, since the input's owner may change it.
  static Napi::Object Copy(Napi::Env env, OrtValue* tensor, const device::Location& where = {});

  // A tensor in memory of the addon's, which the two share.
  static Napi::Object Over(Napi::Env env, const device::Tensor& tensor, const device::Location& where);

  // Of an argument: throws ERR_INVALID_ARG_TYPE for an object of another class, ERR_DISPOSED.
  static const std::shared_ptr<ValueState>& State(Napi::Value value);
  // The same without the check of the class, for each run.
  static const std::shared_ptr<ValueState>& UncheckedState(Napi::Value value);

 private:
  static Napi::Value Allocate(const Napi::CallbackInfo& info);
  static Napi::Value Borrow(const Napi::CallbackInfo& info);
  static Napi::Value At(const Napi::CallbackInfo& info);
  static Napi::Value Sequence(const Napi::CallbackInfo& info);
  static Napi::Value EmptySequence(const Napi::CallbackInfo& info);
  static Napi::Value Map(const Napi::CallbackInfo& info);
  static Napi::Value CopyAll(const Napi::CallbackInfo& info);
  static Napi::Object New(Napi::Env env, std::shared_ptr<ValueState> state);

  Napi::Value Kind(const Napi::CallbackInfo& info);
  Napi::Value Type(const Napi::CallbackInfo& info);
  Napi::Value Form(const Napi::CallbackInfo& info);
  Napi::Value Dims(const Napi::CallbackInfo& info);
  Napi::Value DeviceName(const Napi::CallbackInfo& info);
  Napi::Value DeviceId(const Napi::CallbackInfo& info);
  Napi::Value ArrayBuffer(const Napi::CallbackInfo& info);
  Napi::Value CopyTo(const Napi::CallbackInfo& info);
  Napi::Value CopyToAsync(const Napi::CallbackInfo& info);
  Napi::Value CheckFree(const Napi::CallbackInfo& info);
  Napi::Value Strings(const Napi::CallbackInfo& info);
  Napi::Value SetStrings(const Napi::CallbackInfo& info);
  Napi::Value Elements(const Napi::CallbackInfo& info);
  Napi::Value Sparse(const Napi::CallbackInfo& info);
  Napi::Value Address(const Napi::CallbackInfo& info);
  Napi::Value View(const Napi::CallbackInfo& info);
  Napi::Value SharesMemory(const Napi::CallbackInfo& info);
  Napi::Value Dispose(const Napi::CallbackInfo& info);

  const std::shared_ptr<ValueState>& State() const;
  // For a call of the user's.
  static void CheckMemory(Napi::Env env, const ValueState& state, Access access) {
    state.CheckFree(*AddonData::Of(env).in_flight, access, nullptr, "the OrtValue");
  }

  std::shared_ptr<ValueState> state_;    // null once disposed
  Napi::ObjectReference viewed_;         // whose object reports the bytes to V8
  std::shared_ptr<BufferOwner> buffer_;  // of the ArrayBuffer over the memory, whose bytes V8 counts itself
};
