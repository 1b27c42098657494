#include "value.h"

#include "convert.h"
#include "device/host_memory.h"
#include "env/addon_data.h"
#include "ort/element_type.h"
#include "ort/strings.h"
#include "ort/tensor.h"

namespace {

// Whether `buffer` is an ArrayBuffer over this memory, and not transferred.
bool Shows(Napi::Env env, Napi::Value buffer, const void* memory) {
  void* data = nullptr;
  size_t length = 0;
  return buffer.IsArrayBuffer() && napi_get_arraybuffer_info(env, buffer, &data, &length) == napi_ok &&
         data != nullptr && data == memory;
}

}  // namespace

Napi::Function Value::Define(Napi::Env env) {
  const Napi::Function value = DefineClass(env, kName,
                                           {StaticMethod<::Guarded<&Value::Allocate>>("allocate"),
                                            StaticMethod<::Guarded<&Value::Borrow>>("borrow"),
                                            StaticMethod<::Guarded<&Value::At>>("at"),
                                            StaticMethod<::Guarded<&Value::Sequence>>("sequence"),
                                            StaticMethod<::Guarded<&Value::EmptySequence>>("emptySequence"),
                                            StaticMethod<::Guarded<&Value::Map>>("map"),
                                            StaticMethod<::Guarded<&Value::CopyAll>>("copyAll"),
                                            Guarded<&Value::Kind>("kind"),
                                            Guarded<&Value::Type>("type"),
                                            Guarded<&Value::Form>("form"),
                                            Guarded<&Value::Dims>("dims"),
                                            Guarded<&Value::DeviceName>("device"),
                                            Guarded<&Value::DeviceId>("deviceId"),
                                            Guarded<&Value::CopyTo>("copyTo"),
                                            Guarded<&Value::CopyToAsync>("copyToAsync"),
                                            Guarded<&Value::ArrayBuffer>("arrayBuffer"),
                                            Guarded<&Value::CheckFree>("checkFree"),
                                            Guarded<&Value::Strings>("strings"),
                                            Guarded<&Value::SetStrings>("setStrings"),
                                            Guarded<&Value::Elements>("elements"),
                                            Guarded<&Value::Sparse>("sparse"),
                                            Guarded<&Value::View>("view"),
                                            Guarded<&Value::Address>("address"),
                                            Guarded<&Value::SharesMemory>("sharesMemory"),
                                            Guarded<&Value::Dispose>("dispose")});
  AddonData::Of(env).value_constructor = Napi::Persistent(value);
  return value;
}

Napi::Object Value::New(Napi::Env env, std::shared_ptr<ValueState> state) {
  const Napi::Object object = AddonData::Of(env).value_constructor.New({});
  Value* value = Unwrap(object);
  value->state_ = std::move(state);
  value->Account(env, value->state_->bytes);
  return object;
}

Napi::Object Value::Wrap(Napi::Env env, ort::ValueHandle handle, Shared shared, const device::Location& where,
                         std::shared_ptr<OrtSession> session) {
  auto state = std::make_shared<ValueState>(where);
  state->session = std::move(session);
  // First: the state releases the value where it belongs, whatever fails below.
  state->handle = std::move(handle);
  OrtValue* const value = state->handle.get();
  state->shared = std::move(shared);
  state->kind = ort::Kind(value);
  if (state->kind == ONNX_TYPE_TENSOR) {
    ort::TensorShape shape = ort::Shape(value);
    state->type = shape.type;
    state->bytes = ort::ByteLength(shape.type, shape.dims);
    state->dims = std::move(shape.dims);
    if (!state->IsString()) state->data = ort::Data(value);
  }
  return New(env, std::move(state));
}

Napi::Object Value::Copy(Napi::Env env, OrtValue* tensor, const device::Location& where) {
  ort::TensorShape shape = ort::Shape(tensor);
  auto state = MakeTensorState(shape.type, std::move(shape.dims), where);
  if (state->IsString()) {
    state->handle = ort::CreateTensor(ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, state->dims);
    ort::CopyStrings(tensor, state->handle.get(), ort::ElementCount(state->dims));
    return New(env, std::move(state));
  }
  AllocateMemory(*state, device::HostMemory::Fill::kNone);
  state->CopyFrom({tensor, ort::Data(tensor), state->bytes}, where);
  return New(env, std::move(state));
}

Napi::Object Value::Over(Napi::Env env, const device::Tensor& tensor, const device::Location& where) {
  ort::TensorShape shape = ort::Shape(tensor.value.get());
  auto state = MakeTensorState(shape.type, std::move(shape.dims), where);
  state->memory = tensor.memory;
  PointAt(*state, state->memory->data());
  return New(env, std::move(state));
}

const std::shared_ptr<ValueState>& Value::State(Napi::Value value) { return Argument(value).State(); }

const std::shared_ptr<ValueState>& Value::UncheckedState(Napi::Value value) {
  return Unwrap(value.As<Napi::Object>())->State();
}

const std::shared_ptr<ValueState>& Value::State() const {
  if (!state_) throw ort::Error("ERR_DISPOSED", "the OrtValue was disposed");
  return state_;
}

// allocate(type: number, dims: number[], device: DeviceName, id: number): EngineValue
Napi::Value Value::Allocate(const Napi::CallbackInfo& info) {
  auto state = MakeTensorState(ToElementType(info[0]), ToDims(info[1]));
  if (state->IsString()) {
    state->handle = ort::CreateTensor(ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, state->dims);
    return New(info.Env(), std::move(state));
  }
  static_cast<device::Location&>(*state) = ToLocation(info[2], info[3]);
  AllocateMemory(*state, device::HostMemory::Fill::kZero);
  if (state->OnDevice()) state->device->Zero(state->view());
  return New(info.Env(), std::move(state));
}

// borrow(type: number, dims: number[], data: ArrayBufferView, detachable: boolean): EngineValue -
// CreateTensorWithDataAsOrtValue
Napi::Value Value::Borrow(const Napi::CallbackInfo& info) {
  auto state = MakeTensorState(ToElementType(info[0]), ToDims(info[1]));
  const Bytes bytes = ToBytes(info[2]);
  if (bytes.length != state->bytes) {
    throw ort::Error("ERR_INVALID_LENGTH", "expected " + std::to_string(state->bytes) + " bytes, got " +
                                               std::to_string(bytes.length));
  }
  napi_value buffer = nullptr;
  CheckStatus(info.Env(),
              napi_get_typedarray_info(info.Env(), info[2], nullptr, nullptr, nullptr, &buffer, nullptr));
  state->borrowed = Napi::Reference<Napi::Value>::New({info.Env(), buffer}, 1);
  state->CheckAttached(info.Env());
  if (auto memory = BufferOwner::MemoryAt(bytes.data)) {
    state->shared.memory.push_back(std::move(memory));
  } else {
    // Not of a SharedArrayBuffer.
    state->detachable = IsTrue(info[3]) && state->borrowed.Value().IsArrayBuffer();
  }
  // An empty array may have no address, and ONNX Runtime wants one.
  static char nothing;
  PointAt(*state, bytes.data != nullptr ? bytes.data : &nothing);
  const Napi::Object object = New(info.Env(), std::move(state));
  Unwrap(object)->Account(info.Env(), 0);  // V8 owns the bytes
  return object;
}

// kind(): number
Napi::Value Value::Kind(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<int>(State()->kind));
}

// type(): number
Napi::Value Value::Type(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<int>(State()->type));
}

// form(): string - GetTypeInfo
Napi::Value Value::Form(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), ort::Form(State()->handle.get()));
}

// dims(): number[]
Napi::Value Value::Dims(const Napi::CallbackInfo& info) { return FromDims(info.Env(), State()->dims); }

// device(): DeviceName
Napi::Value Value::DeviceName(const Napi::CallbackInfo& info) {
  const ValueState& state = *State();
  if (state.device == nullptr) return Napi::String::New(info.Env(), "cpu");
  return Napi::String::New(info.Env(), state.device->name() + (state.pinned ? "-pinned" : ""));
}

// deviceId(): number
Napi::Value Value::DeviceId(const Napi::CallbackInfo& info) {
  const device::Device* device = State()->device;
  return Napi::Number::New(info.Env(), device != nullptr ? device->id() : 0);
}

// arrayBuffer(): ArrayBuffer
Napi::Value Value::ArrayBuffer(const Napi::CallbackInfo& info) {
  const std::shared_ptr<ValueState>& state = State();
  if (state->OnDevice()) throw ort::Error("ERR_NOT_SUPPORTED", "device memory has no ArrayBuffer");
  // By the whole block: those of a view and of the value that it is a view of have one range.
  const auto owner = state->memory ? std::make_shared<BufferOwner>(state->memory, state->memory->data(),
                                                                   state->memory->bytes())
                                   : std::make_shared<BufferOwner>(state, state->data, state->bytes);
  const Napi::Value buffer = ExternalArrayBuffer(info.Env(), state->data, state->bytes, owner);
  // Only now: where V8 refuses the buffer, this object keeps reporting the bytes.
  Account(info.Env(), 0);
  buffer_ = owner;
  return buffer;
}

// copyTo(target: EngineValue): void - CopyTensors, or the device's own copies
Napi::Value Value::CopyTo(const Napi::CallbackInfo& info) {
  const ValueState& from = *State();
  ValueState& to = *State(info[0]);
  to.CheckCopy(info.Env(), from);
  to.CopyFrom(from.view(), from);
  return {};
}

// checkFree(writes: boolean): void - throws ERR_BUSY while a run in flight uses the memory
Napi::Value Value::CheckFree(const Napi::CallbackInfo& info) {
  CheckMemory(info.Env(), *State(), IsTrue(info[0]) ? Access::kWrite : Access::kRead);
  return {};
}

// strings(): string[] - GetStringTensorContent
Napi::Value Value::Strings(const Napi::CallbackInfo& info) {
  const ValueState& state = *State();
  CheckMemory(info.Env(), state, Access::kRead);
  return ReadStrings(info.Env(), state.handle.get(), ort::ElementCount(state.dims));
}

// setStrings(strings: readonly string[]): void - GetResizedStringTensorElementBuffer
Napi::Value Value::SetStrings(const Napi::CallbackInfo& info) {
  const std::vector<std::string> texts = ToStrings(info[0], ort::ElementCount(State()->dims));
  const ValueState& state = *State();
  CheckMemory(info.Env(), state, Access::kWrite);
  ort::WriteStrings(state.handle.get(), texts);
  return {};
}

// dispose(buffer?: ArrayBuffer): void
// Detaches an ArrayBuffer over memory of the addon's, so that no view of it dangles. A borrowed buffer stays.
Napi::Value Value::Dispose(const Napi::CallbackInfo& info) {
  if (buffer_ && Shows(info.Env(), info[0], state_->data) &&
      napi_detach_arraybuffer(info.Env(), info[0]) == napi_ok) {
    buffer_->Release();
  }
  if (state_) {
    state_->disposed = true;
    ++AddonData::Of(info.Env()).values_disposed;
  }
  Account(info.Env(), 0);
  state_.reset();
  viewed_.Reset();
  buffer_.reset();
  return {};
}
