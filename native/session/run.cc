#include "run.h"

#include <algorithm>
#include <cstring>

#include "convert.h"
#include "env/addon_data.h"
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

size_t IndexAt(Napi::Array array, uint32_t at) {
  return static_cast<Napi::Value>(array[at]).As<Napi::Number>().Uint32Value();
}

}  // namespace

std::vector<FeedView> ToFeeds(Napi::Array feeds) {
  std::vector<FeedView> views(feeds.Length() / 4);
  uint32_t at = 0;
  for (FeedView& view : views) {
    view.index = IndexAt(feeds, at);
    view.data = feeds[at + 3];
    const Napi::Value type = feeds[at + 1];
    if (type.IsNumber()) {
      view.type = static_cast<ONNXTensorElementDataType>(type.As<Napi::Number>().Int32Value());
      view.dims = ToDims(feeds[at + 2]);
    } else {
      view.type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
      view.dims = Value::StateOf(view.data)->dims;
    }
    at += 4;
  }
  return views;
}

uint64_t HashShapes(const std::vector<FeedView>& feeds) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const FeedView& view : feeds) {
    Mix(hash, view.index);
    Mix(hash, static_cast<uint64_t>(view.type));
    for (const int64_t dim : view.dims) Mix(hash, static_cast<uint64_t>(dim));
  }
  return hash;
}

RunCall::RunCall(SessionState& session, const std::vector<FeedView>& feeds, Napi::Value fetches, Feed feed)
    : session_(&session), handle_(session.handle) {
  for (const FeedView& view : feeds) AddFeed(view, feed);
  if (fetches.IsUndefined()) {
    for (size_t index = 0; index < session.outputs.size(); ++index) AddFetch(index);
    return;
  }
  const auto array = fetches.As<Napi::Array>();
  for (uint32_t at = 0; at + 2 < array.Length(); at += 3) {
    AddFetch(IndexAt(array, at));
    const Napi::Value target = array[at + 1];
    if (target.IsUndefined()) continue;
    if (target.IsString()) {
      const bool pinned = target.As<Napi::String>().Utf8Value() == "cpu-pinned";
      targets_.back().info =
          session.InfoOf({session.device, pinned}, session.outputs.at(output_indices_.back()).name);
      bound_ = bound_ || targets_.back().info != ort::CpuMemoryInfo();
      continue;
    }
    targets_.back().array = Napi::Reference<Napi::Value>::New(target, 1);
    targets_.back().dims = ToDims(array[at + 2]);
  }
}

// Results that nobody took are the device's to free.
RunCall::~RunCall() {
  if (!bound_) return;
  for (ort::ValueHandle& value : outputs_) {
    if (!value) continue;
    device::DeferredRelease deferred;
    deferred.value = std::move(value);
    deferred.session = handle_;
    session_->device->Release(std::move(deferred));
  }
}

void RunCall::AddFetch(size_t index) {
  output_indices_.push_back(index);
  output_names_.push_back(session_->outputs.at(index).name.c_str());
  targets_.push_back({{}, {}, ort::CpuMemoryInfo()});
}

void RunCall::AddFeed(const FeedView& view, Feed feed) {
  input_names_.push_back(session_->inputs.at(view.index).name.c_str());
  if (view.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED) {
    fed_values_.push_back(Value::StateOf(view.data));
    fed_values_.back()->CheckAttached(view.data.Env());
    session_->CheckDevice(fed_values_.back()->OnDevice() ? fed_values_.back()->device : nullptr, "input",
                          input_names_.back());
    inputs_.push_back(fed_values_.back()->handle.get());
    return;
  }
  if (view.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) {
    fed_.push_back(ort::CreateStringTensor(view.dims));
    WriteStrings(fed_.back().get(), ort::ElementCount(view.dims), view.data.As<Napi::Array>());
  } else {
    const Bytes bytes = ToBytes(view.data);
    const size_t expected = ort::ByteLength(view.type, view.dims);
    if (bytes.length != expected) {
      throw ort::Error("ERR_INVALID_LENGTH", "input '" + std::string(input_names_.back()) + "': expected " +
                                                 std::to_string(expected) + " bytes, got " +
                                                 std::to_string(bytes.length));
    }
    void* memory = bytes.data;
    if (feed == Feed::kCopy || memory == nullptr) {
      copies_.push_back(device::HostMemory::Allocate(bytes.length, device::HostMemory::Fill::kNone));
      memory = copies_.back()->data();
      if (bytes.length > 0) std::memcpy(memory, bytes.data, bytes.length);
    }
    fed_.push_back(ort::Create<ort::ValueHandle>(ort::api().CreateTensorWithDataAsOrtValue,
                                                 ort::CpuMemoryInfo(), memory, bytes.length, view.dims.data(),
                                                 view.dims.size(), view.type));
  }
  inputs_.push_back(fed_.back().get());
}

void RunCall::SetOptions(ort::RunSettings settings) {
  // Without a binding nothing stays where a graph would look for it.
  if (session_->graphs) settings.config.emplace_back("gpu_graph_id", "-1");
  options_ = ort::MakeRunOptions(settings);
}

OrtStatus* RunCall::Run(std::vector<OrtValue*>& results) const {
  return ort::api().Run(handle_.get(), options_.get(), input_names_.data(), inputs_.data(), inputs_.size(),
                        output_names_.data(), output_names_.size(), results.data());
}

// Run has no way to say where a result shall be; a binding has.
OrtStatus* RunCall::RunBound(std::vector<OrtValue*>& results) const {
  const auto binding = ort::Create<ort::IoBindingHandle>(ort::api().CreateIoBinding, handle_.get());
  for (size_t i = 0; i < inputs_.size(); ++i) {
    ort::Check(ort::api().BindInput(binding.get(), input_names_[i], inputs_[i]));
  }
  for (size_t i = 0; i < output_names_.size(); ++i) {
    ort::Check(ort::api().BindOutputToDevice(binding.get(), output_names_[i], targets_[i].info));
  }
  if (OrtStatus* status = ort::api().RunWithBinding(handle_.get(), options_.get(), binding.get()))
    return status;
  OrtValue** values = nullptr;
  size_t count = 0;
  ort::Check(ort::api().GetBoundOutputValues(binding.get(), ort::DefaultAllocator(), &values, &count));
  const ort::Allocated<OrtValue*> array(values);
  std::copy(values, values + count, results.begin());
  return nullptr;
}

void RunCall::Execute(const std::atomic<bool>& canceled) {
  const device::DeviceLock lock =
      session_->device != nullptr ? session_->device->Lock(false, canceled) : device::DeviceLock();
  std::vector<OrtValue*> raw(output_names_.size(), nullptr);
  OrtStatus* status = bound_ ? RunBound(raw) : Run(raw);
  outputs_.clear();
  for (OrtValue* value : raw) outputs_.emplace_back(value);
  if (status != nullptr) outputs_.clear();  // in the device's turn
  // Only results on a device need the session; else it would go with this call, on the JS thread.
  if (!bound_) handle_.reset();
  ort::Check(status);
}

Napi::Value RunCall::Results(Napi::Env env) {
  const auto results = Napi::Array::New(env, outputs_.size() * 3);
  for (uint32_t i = 0; i < outputs_.size(); ++i) AddResult(env, results, i * 3, i);
  return results;
}

bool RunCall::IsTensor(size_t output) const {
  // What is declared a tensor is one; an optional may turn out to be one.
  if (session_->outputs[output_indices_[output]].kind == ONNX_TYPE_TENSOR) return true;
  ONNXType kind = ONNX_TYPE_UNKNOWN;
  int has_value = 0;
  ort::Check(ort::api().GetValueType(outputs_[output].get(), &kind));
  ort::Check(ort::api().HasValue(outputs_[output].get(), &has_value));
  return kind == ONNX_TYPE_TENSOR && has_value != 0;
}

// A graph's output may be its input itself.
bool RunCall::IsFed(const void* data) const {
  return std::any_of(inputs_.begin(), inputs_.end(), [data](const OrtValue* input) {
    ONNXType kind = ONNX_TYPE_UNKNOWN;
    void* fed = nullptr;
    ort::Check(ort::api().GetValueType(input, &kind));
    if (kind != ONNX_TYPE_TENSOR) return false;
    ort::Check(ort::api().GetTensorMutableData(const_cast<OrtValue*>(input), &fed));
    return fed == data;
  });
}

void RunCall::AddResult(Napi::Env env, Napi::Array results, uint32_t at, size_t output) {
  ort::ValueHandle& value = outputs_[output];
  ort::TensorShape shape{};
  if (IsTensor(output)) shape = ort::ShapeOf(value.get());
  const device::Location where = session_->LocationOf(targets_[output].info);
  if (where.device != nullptr && ort::ElementBits(shape.type) != 0) {
    void* there = nullptr;
    ort::Check(ort::api().GetTensorMutableData(value.get(), &there));
    results.Set(at + 2, IsFed(there) ? ::Value::Copy(env, value.get(), where)
                                     : ::Value::Wrap(env, std::move(value), {}, where, handle_));
    return;
  }
  if (!IsCommon(shape.type)) {
    ::Value::KeepAlive fed(fed_values_.begin(), fed_values_.end());
    fed.insert(fed.end(), copies_.begin(), copies_.end());
    results.Set(at + 2, ::Value::Wrap(env, std::move(value), std::move(fed)));
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
  } else if (bytes < kCopyBelow || IsFed(data) || !AddonData::Of(env).external_buffers) {
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
    : AsyncJob(env, owner),
      session_(std::move(session)),
      call_(std::move(call)),
      policy_(policy),
      id_(id),
      in_use_(InUse::By::kRun) {
  // Without options of its own a run could not be ended early.
  if (call_.options() == nullptr) call_.SetOptions({});
  if (id_ != 0) session_->runs[id_] = this;
  for (const auto& value : call_.fed_values()) in_use_.Read(value);
}

void RunJob::Terminate() noexcept {
  canceled_ = true;
  if (OrtStatus* status = ort::api().RunOptionsSetTerminate(call_.options()))
    ort::api().ReleaseStatus(status);
}

void RunJob::Work() {
  const auto start = run::InlinePolicy::Clock::now();
  call_.Execute(canceled_);
  took_ = run::InlinePolicy::Clock::now() - start;
}

RunJob::~RunJob() {
  if (id_ != 0) session_->runs.erase(id_);
}

Napi::Value RunJob::Result(Napi::Env env) {
  policy_.Record(took_, false);
  return call_.Results(env);
}
