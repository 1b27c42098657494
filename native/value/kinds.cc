// Values that are not tensors: sequences and maps.
#include <algorithm>
#include <iterator>

#include "convert.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "value.h"

namespace {

// Elements of a sequence may be on the session's device.
void CheckOnHost(const OrtValue* value) {
  if (ort::Kind(value) != ONNX_TYPE_TENSOR) return;
  const OrtMemoryInfo* info = nullptr;
  OrtMemoryInfoDeviceType type = OrtMemoryInfoDeviceType_CPU;
  ort::Check(ort::api().GetTensorMemoryInfo(value, &info));
  ort::api().MemoryInfoGetDeviceType(info, &type);
  if (type != OrtMemoryInfoDeviceType_CPU) {
    throw ort::Error("ERR_NOT_SUPPORTED", "the elements of the sequence are in device memory");
  }
}

// s = SequenceEmpty() over sequence(tensor(float)), as protobuf. No function of ONNX Runtime makes an empty
// sequence.
constexpr unsigned char kEmpty[] = {
    0x08, 0x08,                                                              // ir_version 8
    0x3a, 0x38,                                                              // graph
    0x0a, 0x20, 0x12, 0x01, 's',  0x22, 0x0d, 'S',  'e',  'q',  'u',  'e',   // node
    'n',  'c',  'e',  'E',  'm',  'p',  't',  'y',                           //
    0x2a, 0x0c, 0x0a, 0x05, 'd',  't',  'y',  'p',  'e',  0x18, 0x01, 0xa0,  // dtype 1
    0x01, 0x02,                                                              //
    0x12, 0x05, 'g',  'r',  'a',  'p',  'h',                                 // name
    0x62, 0x0d, 0x0a, 0x01, 's',  0x12, 0x08, 0x22, 0x06, 0x0a, 0x04, 0x0a,  // output
    0x02, 0x08, 0x01,                                                        // type 1
    0x42, 0x04, 0x0a, 0x00, 0x10, 0x11,                                      // opset 17
};
constexpr size_t kTypes[] = {34, 59};  // where the element type is

}  // namespace

// sequence(values: readonly EngineValue[]): EngineValue - CreateValue
Napi::Value Value::Sequence(const Napi::CallbackInfo& info) {
  const auto array = info[0].As<Napi::Array>();
  auto state = std::make_shared<ValueState>();
  state->kind = ONNX_TYPE_SEQUENCE;
  std::vector<const OrtValue*> handles;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const std::shared_ptr<ValueState>& element = State(array[i]);
    element->CheckAttached(info.Env());
    if (element->OnDevice()) {
      throw ort::Error("ERR_NOT_SUPPORTED", "the elements of a sequence must be in host memory, not on " +
                                                element->device->name());
    }
    handles.push_back(element->handle.get());
    state->detachable = state->detachable || element->detachable;
    state->shared.elements.push_back(element);
  }
  state->handle = ort::Create<ort::ValueHandle>(ort::api().CreateValue, handles.data(), handles.size(),
                                                ONNX_TYPE_SEQUENCE);
  return New(info.Env(), std::move(state));
}

// emptySequence(type: number): EngineValue
Napi::Value Value::EmptySequence(const Napi::CallbackInfo& info) {
  std::vector<unsigned char> model(std::begin(kEmpty), std::end(kEmpty));
  for (const size_t at : kTypes) model[at] = static_cast<unsigned char>(ToUint32(info[0]));
  const auto options = ort::Create<ort::SessionOptionsHandle>(ort::api().CreateSessionOptions);
  ort::Check(ort::api().SetIntraOpNumThreads(options.get(), 1));
  const auto session = ort::Create<ort::SessionHandle>(ort::api().CreateSessionFromArray, ort::Environment(),
                                                       model.data(), model.size(), options.get());
  const char* const output = "s";
  OrtValue* raw = nullptr;
  OrtStatus* const status = ort::api().Run(session.get(), nullptr, nullptr, nullptr, 0, &output, 1, &raw);
  ort::ValueHandle sequence(raw);
  ort::Check(status);
  return Wrap(info.Env(), std::move(sequence));
}

// map(keys: EngineValue, values: EngineValue): EngineValue - CreateValue, which copies
Napi::Value Value::Map(const Napi::CallbackInfo& info) {
  const OrtValue* parts[2];
  for (size_t i = 0; i < 2; ++i) {
    const ValueState& part = *State(info[i]);
    part.CheckAttached(info.Env());
    CheckMemory(info.Env(), part, Access::kRead);
    if (part.OnDevice()) throw ort::Error("ERR_NOT_SUPPORTED", "the parts of a map must be in host memory");
    parts[i] = part.handle.get();
  }
  // ONNX Runtime reads as many values as there are keys.
  if (ort::ElementCount(State(info[0])->dims) != ort::ElementCount(State(info[1])->dims)) {
    throw ort::Error("ERR_INVALID_LENGTH", "a map has as many values as keys");
  }
  return Wrap(info.Env(), ort::Create<ort::ValueHandle>(ort::api().CreateValue, parts, 2, ONNX_TYPE_MAP));
}

// elements(): EngineValue[] - GetValue, which copies
Napi::Value Value::Elements(const Napi::CallbackInfo& info) {
  const std::shared_ptr<ValueState> state = State();
  state->CheckAttached(info.Env());
  CheckMemory(info.Env(), *state, Access::kRead);
  size_t count = 0;
  if (state->kind != ONNX_TYPE_OPTIONAL) ort::Check(ort::api().GetValueCount(state->handle.get(), &count));
  return MakeArray(info.Env(), count, [&](uint32_t i) {
    auto element = ort::Create<ort::ValueHandle>(ort::api().GetValue, state->handle.get(),
                                                 static_cast<int>(i), ort::DefaultAllocator());
    CheckOnHost(element.get());
    return Wrap(info.Env(), std::move(element));
  });
}
