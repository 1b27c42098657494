#include "value.h"

#include <cstring>

#include "convert.h"
#include "copy.h"
#include "device/host_memory.h"
#include "env/addon_data.h"
#include "ort/element_type.h"
#include "ort/environment.h"

namespace {

ONNXTensorElementDataType ToType(Napi::Value value) {
  return static_cast<ONNXTensorElementDataType>(value.As<Napi::Number>().Int32Value());
}

// Strings are objects of ONNX Runtime's, which nobody may look at while a run writes them.
void CheckNotInFlight(const ValueState& state) {
  if (state.InUse()) throw ort::Error("ERR_BUSY", "the strings are in use by a run in flight");
}

// What a sequence of a session with a device holds may be on it.
void CheckOnHost(const OrtValue* value) {
  ONNXType kind = ONNX_TYPE_UNKNOWN;
  ort::Check(ort::api().GetValueType(value, &kind));
  if (kind != ONNX_TYPE_TENSOR) return;
  const OrtMemoryInfo* info = nullptr;
  OrtMemoryInfoDeviceType type = OrtMemoryInfoDeviceType_CPU;
  ort::Check(ort::api().GetTensorMemoryInfo(value, &info));
  ort::api().MemoryInfoGetDeviceType(info, &type);
  if (type != OrtMemoryInfoDeviceType_CPU) {
    throw ort::Error("ERR_NOT_SUPPORTED", "the elements of the sequence are in memory of a device");
  }
}

// Whether a value is the ArrayBuffer over this memory: it may have been transferred away, or never have been.
bool Shows(Napi::Env env, Napi::Value buffer, const void* memory) {
  void* data = nullptr;
  size_t length = 0;
  return buffer.IsArrayBuffer() && napi_get_arraybuffer_info(env, buffer, &data, &length) == napi_ok &&
         data != nullptr && data == memory;
}

}  // namespace

Napi::Function Value::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeValue",
      {StaticMethod<&Value::Allocate>("allocate"), StaticMethod<&Value::Borrow>("borrow"),
       StaticMethod<&Value::Sequence>("sequence"), InstanceMethod<&Value::Kind>("kind"),
       InstanceMethod<&Value::Type>("type"), InstanceMethod<&Value::Dims>("dims"),
       InstanceMethod<&Value::DeviceName>("device"), InstanceMethod<&Value::DeviceId>("deviceId"),
       InstanceMethod<&Value::CopyTo>("copyTo"), InstanceMethod<&Value::CopyToAsync>("copyToAsync"),
       InstanceMethod<&Value::ArrayBuffer>("arrayBuffer"), InstanceMethod<&Value::Strings>("strings"),
       InstanceMethod<&Value::SetStrings>("setStrings"), InstanceMethod<&Value::Elements>("elements"),
       InstanceMethod<&Value::Dispose>("dispose")});
}

Napi::Object Value::New(Napi::Env env, std::shared_ptr<ValueState> state) {
  const Napi::Object object = AddonData::Of(env).value_constructor.New({});
  Value* value = Unwrap(object);
  value->state_ = std::move(state);
  value->Account(env, static_cast<int64_t>(value->state_->bytes));
  return object;
}

Napi::Object Value::Wrap(Napi::Env env, ort::ValueHandle handle, KeepAlive shared,
                         const device::Location& where, std::shared_ptr<OrtSession> session) {
  auto state = std::make_shared<ValueState>();
  state->device = where.device;
  state->pinned = where.pinned;
  state->session = std::move(session);
  // First, so that whatever fails from here on frees it where it belongs.
  state->handle = std::move(handle);
  OrtValue* const value = state->handle.get();
  state->shared = std::move(shared);
  int has_value = 1;
  ort::Check(ort::api().GetValueType(value, &state->kind));
  ort::Check(ort::api().HasValue(value, &has_value));
  if (has_value == 0) state->kind = ONNX_TYPE_OPTIONAL;
  if (state->kind == ONNX_TYPE_TENSOR && has_value != 0) {
    ort::TensorShape shape = ort::ShapeOf(value);
    state->type = shape.type;
    state->bytes = ort::ByteLength(shape.type, shape.dims);
    state->dims = std::move(shape.dims);
    if (!state->IsString()) ort::Check(ort::api().GetTensorMutableData(value, &state->data));
  }
  return New(env, std::move(state));
}

Napi::Object Value::Copy(Napi::Env env, OrtValue* tensor, const device::Location& where) {
  ort::TensorShape shape = ort::ShapeOf(tensor);
  auto state = MakeTensorState(shape.type, std::move(shape.dims));
  state->device = where.device;
  state->pinned = where.pinned;
  AllocateThere(*state);
  device::TensorView from{tensor, nullptr, state->bytes};
  ort::Check(ort::api().GetTensorMutableData(tensor, &from.data));
  CopyTensor(from, where, state->view(), *state);
  return New(env, std::move(state));
}

const std::shared_ptr<ValueState>& Value::StateOf(Napi::Value value) {
  Value* wrapper = Unwrap(value.As<Napi::Object>());
  wrapper->State();
  return wrapper->state_;
}

ValueState& Value::State() const {
  if (!state_) throw ort::Error("ERR_DISPOSED", "the OrtValue was disposed");
  return *state_;
}

Napi::Value Value::Allocate(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    const auto type = ToType(info[0]);
    auto state = MakeTensorState(type, ToDims(info[1]));
    const std::string device = info[2].As<Napi::String>().Utf8Value();
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) {
      state->handle =
          ort::Create<ort::ValueHandle>(ort::api().CreateTensorAsOrtValue, ort::DefaultAllocator(),
                                        state->dims.data(), state->dims.size(), type);
    } else if (device == "cpu") {
      state->memory = device::HostMemory::Allocate(state->bytes, device::HostMemory::Fill::kZero);
      PointAt(*state, state->memory->data());
    } else {
      static_cast<device::Location&>(*state) = ToLocation(info[2], info[3]);
      AllocateThere(*state);
      if (state->OnDevice()) state->device->Zero(state->view());
    }
    return New(info.Env(), std::move(state));
  });
}

Napi::Value Value::Borrow(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    auto state = MakeTensorState(ToType(info[0]), ToDims(info[1]));
    const Bytes bytes = ToBytes(info[2]);
    if (bytes.length != state->bytes) {
      throw ort::Error("ERR_INVALID_LENGTH", "expected " + std::to_string(state->bytes) + " bytes, got " +
                                                 std::to_string(bytes.length));
    }
    const Napi::Value buffer = BufferOf(info[2]);
    state->borrowed = Napi::Reference<Napi::Value>::New(buffer, 1);
    state->CheckAttached(info.Env());
    // An empty array may have no address, and ONNX Runtime wants one.
    static char nothing;
    PointAt(*state, bytes.data != nullptr ? bytes.data : &nothing);
    const Napi::Object object = New(info.Env(), std::move(state));
    Value* value = Unwrap(object);
    value->Account(info.Env(), -value->accounted_);  // V8 owns the bytes
    return object;
  });
}

Napi::Value Value::Sequence(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    const auto array = info[0].As<Napi::Array>();
    auto state = std::make_shared<ValueState>();
    state->kind = ONNX_TYPE_SEQUENCE;
    std::vector<const OrtValue*> handles;
    for (uint32_t i = 0; i < array.Length(); ++i) {
      const std::shared_ptr<ValueState>& element = StateOf(array[i]);
      element->CheckAttached(info.Env());
      if (element->OnDevice()) {
        throw ort::Error("ERR_NOT_SUPPORTED",
                         "a sequence is made of tensors in host memory, not of " + element->device->name());
      }
      handles.push_back(element->handle.get());
      state->elements.push_back(element);
    }
    state->handle = ort::Create<ort::ValueHandle>(ort::api().CreateValue, handles.data(), handles.size(),
                                                  ONNX_TYPE_SEQUENCE);
    return New(info.Env(), std::move(state));
  });
}

Napi::Value Value::Kind(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<int>(State().kind));
  });
}

Napi::Value Value::Type(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), static_cast<int>(State().type));
  });
}

Napi::Value Value::Dims(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value { return FromDims(info.Env(), State().dims); });
}

Napi::Value Value::DeviceName(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    const ValueState& state = State();
    if (state.device == nullptr) return Napi::String::New(info.Env(), "cpu");
    return Napi::String::New(info.Env(), state.device->name() + (state.pinned ? "-pinned" : ""));
  });
}

Napi::Value Value::DeviceId(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    const ValueState& state = State();
    return Napi::Number::New(info.Env(), state.device != nullptr ? state.device->id() : 0);
  });
}

Napi::Value Value::ArrayBuffer(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    ValueState& state = State();
    if (state.OnDevice()) throw ort::Error("ERR_NOT_SUPPORTED", "memory of a device cannot be shown");
    const auto owner = std::make_shared<BufferOwner>();
    if (state.memory) {
      owner->memory = state.memory;
    } else {
      owner->memory = state_;
    }
    const Napi::Value buffer = ExternalArrayBuffer(info.Env(), state.data, state.bytes, owner);
    // Where the engine refuses the buffer, V8 goes on counting the memory as this object's.
    Account(info.Env(), -accounted_);
    buffer_ = owner;
    return buffer;
  });
}

Napi::Value Value::Strings(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    const ValueState& state = State();
    CheckNotInFlight(state);
    return ReadStrings(info.Env(), state.handle.get(), ort::ElementCount(state.dims));
  });
}

Napi::Value Value::SetStrings(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    const ValueState& state = State();
    CheckNotInFlight(state);
    WriteStrings(state.handle.get(), ort::ElementCount(state.dims), info[0].As<Napi::Array>());
    return info.Env().Undefined();
  });
}

// A sequence's elements, or a map's keys and values.
Napi::Value Value::Elements(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    const ValueState& state = State();
    size_t count = 0;
    if (state.kind != ONNX_TYPE_OPTIONAL) ort::Check(ort::api().GetValueCount(state.handle.get(), &count));
    const auto array = Napi::Array::New(info.Env(), count);
    for (uint32_t i = 0; i < count; ++i) {
      auto element = ort::Create<ort::ValueHandle>(ort::api().GetValue, state.handle.get(),
                                                   static_cast<int>(i), ort::DefaultAllocator());
      CheckOnHost(element.get());
      array.Set(i, Wrap(info.Env(), std::move(element), {state_}));
    }
    return array;
  });
}

// dispose(arrayBuffer?): the views over our memory become empty rather than dangling; a borrowed buffer stays
// its owner's.
Napi::Value Value::Dispose(const Napi::CallbackInfo& info) {
  if (buffer_ && Shows(info.Env(), info[0], state_->data) &&
      napi_detach_arraybuffer(info.Env(), info[0]) == napi_ok) {
    buffer_->memory.reset();
  }
  if (state_) {
    state_->disposed = true;
    ++AddonData::Of(info.Env()).values_disposed;
  }
  Release(info.Env());
  return info.Env().Undefined();
}

void Value::Release(Napi::Env env) {
  Account(env, -accounted_);
  state_.reset();
  buffer_.reset();
}

void Value::Account(Napi::Env env, int64_t bytes) {
  if (bytes == 0) return;
  Napi::MemoryManagement::AdjustExternalMemory(env, bytes);
  accounted_ += bytes;
}
