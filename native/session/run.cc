#include "run.h"

#include <algorithm>
#include <cstring>

#include "convert.h"
#include "env/addon_data.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/run_options.h"
#include "ort/strings.h"
#include "ort/tensor.h"
#include "run/float_mode.h"

namespace {

// Below this size a copy into V8's memory costs less than an external ArrayBuffer and its finalizer.
constexpr size_t kCopyBelow = 4096;

// Whether onnxruntime-common's Tensor has this element type.
bool IsCommon(ONNXTensorElementDataType type) {
  return type == ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT4 || type == ONNX_TENSOR_ELEMENT_DATA_TYPE_INT4 ||
         (type >= ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT && type <= ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64);
}

// TensorResult of lib/engine/engine.ts.
Napi::Array Tuple(Napi::Env env, const ort::TensorShape& shape, Napi::Value data) {
  const auto tuple = Napi::Array::New(env, 3);
  tuple.Set(0u, Napi::Number::New(env, static_cast<int>(shape.type)));
  tuple.Set(1u, FromDims(env, shape.dims));
  tuple.Set(2u, data);
  return tuple;
}

}  // namespace

std::vector<FeedView> ToFeeds(Napi::Array feeds) {
  std::vector<FeedView> views(feeds.Length());
  for (uint32_t i = 0; i < views.size(); ++i) {
    FeedView& view = views[i];
    const Napi::Value feed = feeds[i];
    if (feed.IsUndefined()) {
      view.given = false;
    } else if (feed.IsArray()) {
      const auto tensor = feed.As<Napi::Array>();
      view.type = ToElementType(tensor[0u]);
      view.dims = ToDims(tensor[1u]);
      view.data = tensor[2u];
    } else {
      const ValueState& value = *Value::UncheckedState(feed);
      view.given = value.HasValue();
      view.dims = value.dims;
      view.data = feed;
    }
  }
  return views;
}

uint64_t HashShapes(const std::vector<FeedView>& feeds) {
  run::ShapesHash hash;
  for (const FeedView& view : feeds) hash.Add(view.given ? view.type : -1, view.dims);
  return hash.get();
}

RunCall::RunCall(SessionState& session, const std::vector<FeedView>& feeds, Napi::Value fetches,
                 FeedMemory memory)
    : session_(&session), handle_(session.handle) {
  for (size_t i = 0; i < feeds.size(); ++i) {
    if (feeds[i].given) AddFeed(session.inputs.at(i).name.c_str(), feeds[i], memory);
  }
  if (fetches.IsUndefined()) {
    for (size_t index = 0; index < session.outputs.size(); ++index) AddFetch(index);
    return;
  }
  const auto array = fetches.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const auto fetch = static_cast<Napi::Value>(array[i]).As<Napi::Array>();
    AddFetch(ToUint32(fetch[0u]));
    const Napi::Value target = fetch[1u];
    if (target.IsUndefined()) continue;
    if (target.IsString()) {
      const bool pinned = ToString(target) == "cpu-pinned";
      targets_.back().info =
          session.MemoryInfo({session.device, pinned}, session.outputs[output_indices_.back()].name);
      bound_ = bound_ || targets_.back().info != ort::CpuMemoryInfo();
      continue;
    }
    targets_.back().array = Napi::Reference<Napi::Value>::New(target, 1);
    targets_.back().dims = ToDims(fetch[2u]);
    CheckApart(targets_.size() - 1);
  }
}

// The device releases the results that JavaScript did not take.
RunCall::~RunCall() {
  if (!bound_) return;
  for (ort::ValueHandle& value : outputs_) {
    if (!value) continue;
    session_->device->Release({.value = std::move(value), .session = handle_});
  }
}

void RunCall::AddFetch(size_t index) {
  output_indices_.push_back(index);
  output_names_.push_back(session_->outputs.at(index).name.c_str());
  targets_.push_back({{}, {}, ort::CpuMemoryInfo()});
}

void RunCall::AddFeed(const char* name, const FeedView& view, FeedMemory memory) {
  input_names_.push_back(name);
  if (view.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED) {
    const std::shared_ptr<ValueState>& value = Value::UncheckedState(view.data);
    value->CheckAttached(view.data.Env());
    session_->CheckDevice(value->OnDevice() ? value->device : nullptr, "input", name);
    if (value->OnDevice()) value->CheckAligned(std::string("input '") + name + "'");
    inputs_.push_back(memory == FeedMemory::kCopied ? value->Safe().value : value->handle.get());
    fed_values_.push_back(value);
    return;
  }
  if (view.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) {
    fed_.push_back(ort::CreateTensor(ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, view.dims));
    ort::WriteStrings(fed_.back().get(), ToStrings(view.data, ort::ElementCount(view.dims)));
  } else {
    const Bytes bytes = ToBytes(view.data);
    const size_t expected = ort::ByteLength(view.type, view.dims);
    if (bytes.length != expected) {
      throw ort::Error("ERR_INVALID_LENGTH", std::string("input '") + name + "': expected " +
                                                 std::to_string(expected) + " bytes, got " +
                                                 std::to_string(bytes.length));
    }
    void* data = bytes.data;
    if (memory == FeedMemory::kCopied || data == nullptr) {
      copies_.push_back(device::HostMemory::Allocate(bytes.length, device::HostMemory::Fill::kNone));
      data = copies_.back()->data();
      if (bytes.length > 0) std::memcpy(data, bytes.data, bytes.length);
    }
    fed_.push_back(ort::TensorOver(ort::CpuMemoryInfo(), data, bytes.length, view.type, view.dims));
  }
  inputs_.push_back(fed_.back().get());
}

void RunCall::SetOptions(ort::RunOptionsHandle options, bool shrinks) {
  shrinks_ = shrinks;
  options_ = std::move(options);
  // No graph: a graph replays fixed addresses, and each call has other ones.
  if (session_->graphs) ort::Check(ort::api().AddRunConfigEntry(options_.get(), "gpu_graph_id", "-1"));
}

std::vector<ort::ValueHandle> RunCall::Run(OrtSession* session) const {
  std::vector<OrtValue*> raw(output_names_.size(), nullptr);
  std::vector<ort::ValueHandle> results(raw.size());
  const OrtRunOptions* options = options_ ? options_.get() : session_->inline_options.get();
  OrtStatus* status = ort::api().Run(session, options, input_names_.data(), inputs_.data(), inputs_.size(),
                                     output_names_.data(), output_names_.size(), raw.data());
  for (size_t i = 0; i < raw.size(); ++i) results[i].reset(raw[i]);
  ort::Check(status);
  return results;
}

void RunCall::Execute(const std::atomic<bool>& canceled) {
  const device::DeviceLock lock =
      session_->device != nullptr ? session_->device->Lock(false, canceled) : device::DeviceLock();
  const run::DenormalsAsZero mode(session_->denormals_as_zero);
  // Only results on a device need the session. This call's last reference would release it on the JS thread.
  const std::shared_ptr<OrtSession> session = bound_ ? handle_ : std::move(handle_);
  if (session_->device != nullptr) {
    RunOnDevice(session.get());
  } else {
    outputs_ = Run(session.get());
  }
  CopyPassed();
}

Napi::Value RunCall::Results(Napi::Env env) {
  return MakeArray(env, outputs_.size(), [&](uint32_t i) { return Result(env, i); });
}

bool RunCall::IsTensor(size_t output) const {
  // An output that is declared as an optional may be a tensor.
  if (session_->outputs[output_indices_[output]].kind != ONNX_TYPE_TENSOR) {
    return ort::Kind(outputs_[output].get()) == ONNX_TYPE_TENSOR;
  }
  // ONNX Runtime reports a sparse initializer that is an output as a tensor.
  int is_tensor = 0;
  ort::Check(ort::api().IsTensor(outputs_[output].get(), &is_tensor));
  return is_tensor != 0;
}

Napi::Value RunCall::Result(Napi::Env env, size_t output) {
  ort::ValueHandle& value = outputs_[output];
  const Target& target = targets_[output];
  ort::TensorShape shape{};
  if (IsTensor(output)) shape = ort::Shape(value.get());
  const device::Location where = session_->Location(target.info);
  const bool on_device = where.device != nullptr && ort::ElementBits(shape.type) != 0;
  if (!on_device && !IsCommon(shape.type)) {
    return Value::Wrap(env, std::move(value), ort::ElementBits(shape.type) == 0 ? Fed() : Shared());
  }
  if (shape.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) {
    return Tuple(env, shape, ReadStrings(env, value.get(), ort::ElementCount(shape.dims)));
  }
  if (!own_results_.empty() && own_results_[output].value)
    return Value::Over(env, own_results_[output], where);
  void* data = ort::Data(value.get());
  if (on_device) {
    return Value::Wrap(env, std::move(value), {}, where, handle_);
  }
  const size_t bytes = ort::ByteLength(shape.type, shape.dims);
  if (!target.array.IsEmpty() && target.dims == shape.dims) {
    const Bytes array = ToBytes(target.array.Value());
    if (array.length != bytes) {
      throw ort::Error("ERR_DETACHED", "a pre-allocated tensor was detached (transferred)");
    }
    if (bytes > 0) std::memcpy(array.data, data, bytes);
    return env.Null();
  }
  if (bytes < kCopyBelow || !AddonData::Of(env).external_buffers) {
    Napi::ArrayBuffer buffer = NewArrayBuffer(env, bytes);
    if (bytes > 0) std::memcpy(buffer.Data(), data, bytes);
    return Tuple(env, shape, buffer);
  }
  auto owner = std::make_shared<BufferOwner>(std::shared_ptr<OrtValue>(std::move(value)), data, bytes);
  return Tuple(env, shape, ExternalArrayBuffer(env, data, bytes, std::move(owner)));
}

RunJob::RunJob(Napi::Env env, Napi::Object owner, std::shared_ptr<SessionState> session, RunCall call,
               std::shared_ptr<run::InlinePolicy> policy, run::Place place, uint32_t id, Napi::Value times)
    : AsyncJob(env, owner),
      session_(std::move(session)),
      call_(std::move(call)),
      policy_(std::move(policy)),
      id_(id),
      hand_over_(session_->Begin(*policy_, place)),
      in_use_(AddonData::Of(env).in_flight, session_.get()),
      times_(times) {
  // Without options of its own a run could not be ended early.
  if (call_.options() == nullptr) call_.SetOptions(ort::MakeRunOptions());
  // As BindingJob.
  after_all = session_->parallel && call_.ReadsWritten(*AddonData::Of(env).in_flight);
  call_.Use(in_use_);
  // Last: whatever fails before leaves no pointer to the job.
  if (id_ != 0) session_->runs[id_] = this;
}

void RunJob::Terminate() noexcept {
  canceled_ = true;
  ort::Ignore(ort::api().RunOptionsSetTerminate(call_.options()));
}

void RunJob::Work() {
  times_.Begin();
  const auto start = std::chrono::steady_clock::now();
  call_.Execute(canceled_);
  took_ = std::chrono::steady_clock::now() - start;
  times_.End();
}

RunJob::~RunJob() {
  if (id_ != 0) session_->runs.erase(id_);
}

Napi::Value RunJob::Result(Napi::Env env) {
  if (!WasHere()) policy_->Record(took_, hand_over_);
  times_.Write();
  return call_.Results(env);
}
