#include "session_run.h"

#include <cstring>

#include "convert.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/strings.h"

namespace {

// Below this an ArrayBuffer of V8's own and a copy cost less than one over ONNX Runtime's memory and its
// finalizer.
constexpr size_t kCopyBelow = 4096;

void Mix(uint64_t& hash, uint64_t value) { hash = (hash ^ value) * 0x100000001b3; }

// The types that onnxruntime-common's Tensor has a name for.
bool IsCommon(ONNXTensorElementDataType type) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT4:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT4:
      return true;
    default:
      return type >= ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT && type <= ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64;
  }
}

ONNXTensorElementDataType TypeAt(Napi::Array array, uint32_t at) {
  return static_cast<ONNXTensorElementDataType>(
      static_cast<Napi::Value>(array[at]).As<Napi::Number>().Int32Value());
}

size_t IndexAt(Napi::Array array, uint32_t at) {
  return static_cast<Napi::Value>(array[at]).As<Napi::Number>().Uint32Value();
}

}  // namespace

uint64_t HashShapes(Napi::Array feeds) {
  uint64_t hash = 0xcbf29ce484222325;
  for (uint32_t at = 0; at + 3 < feeds.Length(); at += 4) {
    Mix(hash, IndexAt(feeds, at));
    const Napi::Value type = feeds[at + 1];
    if (!type.IsNumber()) {
      for (const int64_t dim : Value::StateOf(feeds[at + 3])->dims) Mix(hash, static_cast<uint64_t>(dim));
      continue;
    }
    Mix(hash, type.As<Napi::Number>().Uint32Value());
    for (const int64_t dim : ToDims(feeds[at + 2])) Mix(hash, static_cast<uint64_t>(dim));
  }
  return hash;
}

RunCall::RunCall(SessionState& session, Napi::Array feeds, Napi::Array fetches, Feed feed)
    : session_(&session) {
  for (uint32_t at = 0; at + 3 < feeds.Length(); at += 4) AddFeed(feeds, at, feed);
  for (uint32_t at = 0; at + 2 < fetches.Length(); at += 3) {
    output_names_.push_back(session.outputs.at(IndexAt(fetches, at)).name.c_str());
    Target& target = targets_.emplace_back();
    const Napi::Value array = fetches[at + 1];
    if (array.IsUndefined()) continue;
    target.array = Napi::Reference<Napi::Value>::New(array, 1);
    target.dims = ToDims(fetches[at + 2]);
  }
}

void RunCall::AddFeed(Napi::Array feeds, uint32_t at, Feed feed) {
  input_names_.push_back(session_->inputs.at(IndexAt(feeds, at)).name.c_str());
  const Napi::Value data = feeds[at + 3];
  if (!static_cast<Napi::Value>(feeds[at + 1]).IsNumber()) {
    fed_values_.push_back(Value::StateOf(data));
    fed_values_.back()->CheckAttached(feeds.Env());
    inputs_.push_back(fed_values_.back()->handle.get());
    return;
  }
  const ONNXTensorElementDataType type = TypeAt(feeds, at + 1);
  const std::vector<int64_t> dims = ToDims(feeds[at + 2]);
  if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) {
    fed_.push_back(ort::CreateStringTensor(dims));
    WriteStrings(fed_.back().get(), ort::ElementCount(dims), data.As<Napi::Array>());
  } else {
    const Bytes bytes = ToBytes(data);
    if (bytes.length != ort::ByteLength(type, dims)) {
      throw ort::Error("ERR_INVALID_LENGTH", "input '" + std::string(input_names_.back()) + "': expected " +
                                                 std::to_string(ort::ByteLength(type, dims)) +
                                                 " bytes, got " + std::to_string(bytes.length));
    }
    void* memory = bytes.data;
    if (feed == Feed::kCopy || memory == nullptr) {
      copies_.push_back(device::HostMemory::Allocate(bytes.length, device::HostMemory::Fill::kNone));
      memory = copies_.back()->data();
      if (bytes.length > 0) std::memcpy(memory, bytes.data, bytes.length);
    }
    fed_.push_back(ort::Create<ort::ValueHandle>(ort::api().CreateTensorWithDataAsOrtValue,
                                                 ort::CpuMemoryInfo(), memory, bytes.length, dims.data(),
                                                 dims.size(), type));
  }
  inputs_.push_back(fed_.back().get());
}

void RunCall::Execute() {
  std::vector<OrtValue*> raw(output_names_.size(), nullptr);
  OrtStatus* status =
      ort::api().Run(session_->handle.get(), options_.get(), input_names_.data(), inputs_.data(),
                     inputs_.size(), output_names_.data(), output_names_.size(), raw.data());
  outputs_.clear();
  for (OrtValue* value : raw) outputs_.emplace_back(value);
  ort::Check(status);
}

Napi::Value RunCall::Results(Napi::Env env) {
  const auto results = Napi::Array::New(env, outputs_.size() * 3);
  for (uint32_t i = 0; i < outputs_.size(); ++i) AddResult(env, results, i * 3, i);
  return results;
}

void RunCall::AddResult(Napi::Env env, Napi::Array results, uint32_t at, size_t output) {
  ort::ValueHandle& value = outputs_[output];
  ONNXType kind = ONNX_TYPE_UNKNOWN;
  int has_value = 0;
  ort::Check(ort::api().GetValueType(value.get(), &kind));
  ort::Check(ort::api().HasValue(value.get(), &has_value));
  ort::TensorShape shape{};
  if (kind == ONNX_TYPE_TENSOR && has_value != 0) shape = ort::ShapeOf(value.get());
  if (!IsCommon(shape.type)) {
    results.Set(at + 2, ::Value::Wrap(env, std::move(value)));
    return;
  }
  results.Set(at, Napi::Number::New(env, static_cast<int>(shape.type)));
  results.Set(at + 1, FromDims(env, shape.dims));
  if (shape.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) {
    results.Set(at + 2, ReadStrings(env, value.get(), ort::ElementCount(shape.dims)));
    return;
  }
  void* data = nullptr;
  ort::Check(ort::api().GetTensorMutableData(value.get(), &data));
  const size_t bytes = ort::ByteLength(shape.type, shape.dims);
  const Target& target = targets_[output];
  if (!target.array.IsEmpty() && target.dims == shape.dims) {
    const Bytes array = ToBytes(target.array.Value());
    if (array.length != bytes)
      throw ort::Error("ERR_DETACHED", "a pre-allocated tensor was detached (transferred)");
    if (bytes > 0) std::memcpy(array.data, data, bytes);
    results.Set(at + 2, env.Null());
  } else if (bytes < kCopyBelow) {
    auto buffer = Napi::ArrayBuffer::New(env, bytes);
    if (bytes > 0) std::memcpy(buffer.Data(), data, bytes);
    results.Set(at + 2, buffer);
  } else {
    auto owner = std::make_shared<BufferOwner>();
    owner->memory = std::shared_ptr<OrtValue>(std::move(value));
    results.Set(at + 2, ExternalArrayBuffer(env, data, bytes, std::move(owner)));
  }
}

RunJob::RunJob(Napi::Env env, Napi::Object owner, std::shared_ptr<SessionState> session, RunCall call,
               run::InlinePolicy& policy, uint32_t id)
    : AsyncJob(env, owner), session_(std::move(session)), call_(std::move(call)), policy_(policy), id_(id) {
  // Without options of its own a run could not be ended early.
  if (call_.options() == nullptr) call_.SetOptions({});
  if (id_ != 0) session_->runs[id_] = this;
}

void RunJob::Terminate() noexcept {
  if (OrtStatus* status = ort::api().RunOptionsSetTerminate(call_.options()))
    ort::api().ReleaseStatus(status);
}

void RunJob::Work() {
  const auto start = run::InlinePolicy::Clock::now();
  call_.Execute();
  took_ = run::InlinePolicy::Clock::now() - start;
}

void RunJob::Done() noexcept {
  if (id_ != 0) session_->runs.erase(id_);
}

Napi::Value RunJob::Result(Napi::Env env) {
  policy_.Record(took_, false);
  return call_.Results(env);
}
