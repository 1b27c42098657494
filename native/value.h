// An OrtValue as JavaScript holds it.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "device/host_memory.h"
#include "ort/handles.h"

// Shared by the wrapper, the bindings it is bound to and the runs in flight: memory goes when the last of
// them goes. Made and destroyed on the JS thread.
struct ValueState {
  ONNXType kind = ONNX_TYPE_TENSOR;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;  // of a tensor
  std::vector<int64_t> dims;                                                 // of a tensor
  size_t bytes = 0;
  void* data = nullptr;   // of a tensor that has memory: not of strings
  bool disposed = false;  // by its user: bindings refuse it from then on
  int in_flight = 0;      // asynchronous runs that use it: its strings are theirs meanwhile
  // Destroyed before what it points into.
  std::shared_ptr<device::HostMemory> memory;         // memory the addon owns
  Napi::Reference<Napi::Value> borrowed;              // or the ArrayBuffer of a user's typed array
  std::vector<std::shared_ptr<ValueState>> elements;  // or a sequence made here shares its elements' memory
  std::vector<std::shared_ptr<void>> shared;          // what else it may point into: see KeepAlive
  ort::ValueHandle handle;                            // or memory ONNX Runtime owns

  bool IsString() const noexcept { return type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING; }

  // Whether a pointer is into this tensor's memory.
  bool Holds(const void* pointer) const noexcept {
    const auto* first = static_cast<const char*>(data);
    return data != nullptr && pointer >= first && pointer < first + (bytes > 0 ? bytes : 1);
  }

  bool Borrows() const noexcept;

  // A borrowed buffer that JavaScript has transferred away is no longer ours to read or write.
  void CheckAttached(Napi::Env env) const;
};

// What keeps the memory under an external ArrayBuffer alive. The ArrayBuffer's finalizer waits for a turn of
// the event loop; whoever detaches the ArrayBuffer may let go of the memory at once.
struct BufferOwner {
  std::shared_ptr<void> memory;
};

// Memory as an ArrayBuffer, which keeps its owner alive.
Napi::Value ExternalArrayBuffer(Napi::Env env, void* data, size_t bytes, std::shared_ptr<BufferOwner> owner);

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
  static Napi::Object Wrap(Napi::Env env, ort::ValueHandle handle, KeepAlive shared = {});
  // The same for a tensor whose memory is an input's: a copy, since the input goes its own way.
  static Napi::Object Copy(Napi::Env env, const OrtValue* tensor);
  static const std::shared_ptr<ValueState>& StateOf(Napi::Value value);

 private:
  static Napi::Value Allocate(const Napi::CallbackInfo& info);
  static Napi::Value Borrow(const Napi::CallbackInfo& info);
  static Napi::Value Sequence(const Napi::CallbackInfo& info);
  static Napi::Object New(Napi::Env env, std::shared_ptr<ValueState> state);

  Napi::Value Kind(const Napi::CallbackInfo& info);
  Napi::Value Type(const Napi::CallbackInfo& info);
  Napi::Value Dims(const Napi::CallbackInfo& info);
  Napi::Value ArrayBuffer(const Napi::CallbackInfo& info);
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
