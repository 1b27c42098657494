#include "load.h"

#include <algorithm>

#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/path.h"

namespace {

// Lets go of a session, and then of its share of the device.
struct SessionDeleter {
  device::Device* device;
  std::shared_ptr<device::Queue> queue;
  void operator()(OrtSession* session) {
    if (device == nullptr) {
      ort::api().ReleaseSession(session);
      return;
    }
    device::DeferredRelease deferred;
    deferred.released = session;
    deferred.queue = std::move(queue);
    device->Release(std::move(deferred));
  }
};

enum Side { kInputs, kOutputs };

// Where ONNX Runtime wants the inputs, and has the outputs.
std::vector<bool> Locations(const device::Device* device, const OrtSession* session, size_t count,
                            Side side) {
  std::vector<bool> locations(count);
  if (device == nullptr || count == 0) return locations;
  std::vector<const OrtMemoryInfo*> infos(count);
  ort::Check(side == kInputs ? ort::api().SessionGetMemoryInfoForInputs(session, infos.data(), count)
                             : ort::api().SessionGetMemoryInfoForOutputs(session, infos.data(), count));
  std::transform(infos.begin(), infos.end(), locations.begin(),
                 [device](const OrtMemoryInfo* info) { return device->Holds(info); });
  return locations;
}

}  // namespace

LoadJob::LoadJob(Napi::Env env, Napi::Object owner, std::shared_ptr<SessionState> state, Napi::Value model,
                 Napi::Object settings)
    : AsyncJob(env, owner),
      state_(std::move(state)),
      settings_(ToSessionSettings(settings)),
      keep_settings_(Napi::Persistent(settings)) {
  if (model.IsString()) {
    path_ = model.As<Napi::String>().Utf8Value();
  } else {
    bytes_ = ToBytes(model);
    keep_model_ = Napi::Reference<Napi::Value>::New(model, 1);
  }
}

void LoadJob::Work() {
  const auto options = ort::MakeSessionOptions(settings_);
  device::Device* device = nullptr;
  std::shared_ptr<device::Queue> queue;
  if (settings_.provider) {
    device =
        &device::Open(settings_.provider->name, settings_.provider->device_id, settings_.provider->options);
    queue = device->MakeQueue(settings_.blocking_wait);
  }
  CheckGraphs(device);
  std::shared_ptr<OrtSession> handle;
  {
    const device::DeviceLock lock = device != nullptr ? device->Lock(false, canceled_) : device::DeviceLock();
    if (device != nullptr) device->Append(options.get(), settings_.provider->options, queue.get());
    handle = {Create(options.get()).release(), SessionDeleter{device, queue}};
  }
  state_->device = device;
  state_->inputs = ort::Inputs(handle.get());
  state_->outputs = ort::Outputs(handle.get());
  state_->metadata = ort::ReadModelMetadata(handle.get());
  state_->only_tensors = std::all_of(state_->outputs.begin(), state_->outputs.end(), [](const auto& output) {
    return output.kind == ONNX_TYPE_TENSOR && ort::ElementBits(output.type) != 0;
  });
  state_->inputs_on_device = Locations(device, handle.get(), state_->inputs.size(), kInputs);
  state_->outputs_on_device = Locations(device, handle.get(), state_->outputs.size(), kOutputs);
  state_->graphs = settings_.enable_graph_capture;
  state_->records_assignment = settings_.record_graph_assignment;
  state_->queue = std::move(queue);
  state_->handle = std::move(handle);  // last: a session with a handle is loaded
}

// Before it could release graphs ONNX Runtime kept one a session on WebGPU, and replayed it whoever ran.
void LoadJob::CheckGraphs(const device::Device* device) const {
  if (!settings_.enable_graph_capture || device == nullptr || device->name() != "webgpu") return;
  if (ort::api().SessionReleaseCapturedGraph != nullptr) return;
  throw ort::Error("ERR_NOT_SUPPORTED", "graphs of WebGPU need ONNX Runtime 1.27 or newer");
}

ort::SessionHandle LoadJob::Create(const OrtSessionOptions* options) const {
  if (bytes_.data != nullptr) {
    return ort::Create<ort::SessionHandle>(ort::api().CreateSessionFromArray, ort::Environment(), bytes_.data,
                                           bytes_.length, options);
  }
  return ort::Create<ort::SessionHandle>(ort::api().CreateSession, ort::Environment(),
                                         ort::ToPath(path_).c_str(), options);
}

// A session that did not load has no use for its thread.
void LoadJob::OnDone() noexcept {
  if (!state_->handle) state_->thread.Stop();
}

const OrtMemoryInfo* SessionState::InfoOf(const device::Location& where, const std::string& output) const {
  if (where.device == nullptr) return ort::CpuMemoryInfo();
  CheckDevice(where.device, "output", output);
  if (!where.pinned) return device->memory_info();
  if (device->pinned_memory_info() != nullptr) return device->pinned_memory_info();
  throw ort::Error("ERR_NOT_SUPPORTED",
                   "output '" + output + "': " + device->name() + " has no pinned memory");
}

void SessionState::CheckDevice(const device::Device* other, const char* side, const std::string& name) const {
  if (other == nullptr || other == device) return;
  const auto text = [](const device::Device* of) {
    return of == nullptr ? std::string("the CPU") : of->name() + " " + std::to_string(of->id());
  };
  throw ort::Error("ERR_DEVICE_MISMATCH", std::string(side) + " '" + name + "': the session runs on " +
                                              text(device) + ", the value's memory is " + text(other) + "'s");
}
