#include "session_load.h"

#include <algorithm>

#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/path.h"

namespace {

// Lets go of a session, and then of its share of the device.
struct SessionDeleter {
  device::Device* device;
  std::shared_ptr<device::Queue> queue;
  void operator()(OrtSession* session) const {
    const device::Access access = device != nullptr ? device->Enter(false) : device::Access();
    ort::api().ReleaseSession(session);
  }
};

std::vector<bool> Locations(const SessionState& state, size_t count,
                            OrtStatus*(ORT_API_CALL* read)(const OrtSession*, const OrtMemoryInfo**,
                                                           size_t)) {
  std::vector<const OrtMemoryInfo*> infos(count);
  if (count > 0) ort::Check(read(state.handle.get(), infos.data(), count));
  std::vector<bool> locations(count);
  std::transform(infos.begin(), infos.end(), locations.begin(),
                 [&state](const OrtMemoryInfo* info) { return state.device->Holds(info); });
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
  {
    const device::Access access = device != nullptr ? device->Enter(false) : device::Access();
    if (device != nullptr) device->Append(options.get(), settings_.provider->options, queue.get());
    state_->handle = {Create(options.get()).release(), SessionDeleter{device, queue}};
  }
  state_->device = device;
  state_->queue = std::move(queue);
  state_->graphs = settings_.enable_graph_capture;
  state_->inputs = ort::Inputs(state_->handle.get());
  state_->outputs = ort::Outputs(state_->handle.get());
  state_->only_tensors = std::all_of(state_->outputs.begin(), state_->outputs.end(), [](const auto& output) {
    return output.kind == ONNX_TYPE_TENSOR && ort::ElementBits(output.type) != 0;
  });
  FindLocations();
}

ort::SessionHandle LoadJob::Create(const OrtSessionOptions* options) const {
  if (bytes_.data != nullptr) {
    return ort::Create<ort::SessionHandle>(ort::api().CreateSessionFromArray, ort::Environment(), bytes_.data,
                                           bytes_.length, options);
  }
  return ort::Create<ort::SessionHandle>(ort::api().CreateSession, ort::Environment(),
                                         ort::ToPath(path_).c_str(), options);
}

void LoadJob::FindLocations() {
  state_->inputs_on_device.assign(state_->inputs.size(), false);
  state_->outputs_on_device.assign(state_->outputs.size(), false);
  if (state_->device == nullptr) return;
  state_->inputs_on_device =
      Locations(*state_, state_->inputs.size(), ort::api().SessionGetMemoryInfoForInputs);
  state_->outputs_on_device =
      Locations(*state_, state_->outputs.size(), ort::api().SessionGetMemoryInfoForOutputs);
}

// A session that did not load has no use for its thread.
void LoadJob::Done() noexcept {
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
