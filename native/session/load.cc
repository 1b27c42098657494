#include "load.h"

#include <algorithm>

#include "convert.h"
#include "device/plugins.h"
#include "options.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/path.h"
#include "ort/run_options.h"
#include "run/float_mode.h"
#include "run/thread_name.h"
#include "shared_weights.h"
#include "value/value.h"

namespace {

// Releases a session, and then its share of the device.
struct SessionDeleter {
  device::Device* device;
  std::shared_ptr<device::Queue> queue;
  std::shared_ptr<void> kept;          // what the session uses until then
  std::shared_ptr<const void> plugin;  // stays registered until the session is released
  void operator()(OrtSession* session) {
    if (device == nullptr) {
      ort::api().ReleaseSession(session);
      return;
    }
    device->Release({.released = session, .queue = std::move(queue), .kept = std::move(kept)});
  }
};

using MemoryInfos = OrtStatus*(ORT_API_CALL*)(const OrtSession*, const OrtMemoryInfo**, size_t);

// Whether ONNX Runtime places each input, or each output, on the device. It does not report this of
// initializers that can be overridden, which come last: they are bound in host memory, and it copies them.
std::vector<bool> OnDevice(const device::Device* device, const OrtSession* session,
                           const std::vector<ort::ValueInfo>& values, MemoryInfos memory_infos) {
  std::vector<bool> on_device(values.size());
  const auto overridable = std::find_if(values.begin(), values.end(),
                                        [](const ort::ValueInfo& value) { return value.overridable; });
  const size_t count = overridable - values.begin();
  if (device == nullptr || count == 0) return on_device;
  std::vector<const OrtMemoryInfo*> infos(count);
  ort::Check(memory_infos(session, infos.data(), count));
  std::transform(infos.begin(), infos.end(), on_device.begin(),
                 [device](const OrtMemoryInfo* info) { return device->Holds(info); });
  return on_device;
}

// Of the entries of ONNX Runtime's configuration.
bool IsOn(Napi::Value config, const char* key) {
  if (!config.IsObject()) return false;
  const Napi::Value entry = config.As<Napi::Object>().Get(key);
  return entry.IsString() && ToString(entry) == "1";
}

std::vector<int> ToIds(Napi::Value array) {
  std::vector<int> ids;
  if (!array.IsArray()) return ids;
  const auto numbers = array.As<Napi::Array>();
  for (uint32_t i = 0; i < numbers.Length(); ++i) {
    const Napi::Value number = numbers[i];
    ids.push_back(number.As<Napi::Number>().Int32Value());
  }
  return ids;
}

// A policy may select a provider whose device memory, and whose lock, the addon has not opened.
void CheckHostMemory(const OrtSession* session, const SessionState& state) {
  for (const auto& [count, memory_infos] :
       {std::pair(state.inputs.size(), ort::api().SessionGetMemoryInfoForInputs),
        std::pair(state.outputs.size(), ort::api().SessionGetMemoryInfoForOutputs)}) {
    if (count == 0) continue;
    std::vector<const OrtMemoryInfo*> infos(count);
    ort::Check(memory_infos(session, infos.data(), count));
    for (const OrtMemoryInfo* info : infos) {
      OrtMemoryInfoDeviceType type = OrtMemoryInfoDeviceType_CPU;
      ort::api().MemoryInfoGetDeviceType(info, &type);
      if (type == OrtMemoryInfoDeviceType_CPU) continue;
      throw ort::Error("ERR_NOT_SUPPORTED",
                       "'providerSelectionPolicy' selected a provider with device memory");
    }
  }
}

std::vector<std::optional<size_t>> PassedInputs(const std::vector<ort::ValueInfo>& inputs,
                                                const std::vector<ort::ValueInfo>& outputs) {
  std::vector<std::optional<size_t>> passed(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    for (size_t j = 0; j < inputs.size(); ++j) {
      if (inputs[j].name == outputs[i].name) passed[i] = j;
    }
  }
  return passed;
}

}  // namespace

LoadSettings::LoadSettings(Napi::Object settings)
    : options(ToSessionOptions(settings)),
      selects_provider(!settings.Get("providerSelectionPolicy").IsUndefined()),
      enable_graph_capture(IsTrue(settings.Get("enableGraphCapture"))),
      record_graph_assignment(IsTrue(settings.Get("recordGraphAssignment"))),
      denormals_as_zero(IsOn(settings.Get("config"), "session.set_denormal_as_zero")),
      blocking_wait(IsTrue(settings.Get("blockingWait"))),
      borrows_model(IsOn(settings.Get("config"), "session.use_ort_model_bytes_directly") &&
                    IsOn(settings.Get("config"), "session.use_ort_model_bytes_for_initializers")),
      object(Napi::Persistent(settings)) {
  for (const char* name : {"initializers", "externalInitializers"}) {
    for (const auto& [_, value] : ToProperties(settings.Get(name)))
      initializers.push_back(Value::State(value));
  }
  if (const Napi::Value weights = settings.Get("sharedWeights"); weights.IsObject()) {
    kept->weights = SharedWeights::State(weights);
  }
  if (const Napi::Value on_log = settings.Get("onLog"); on_log.IsFunction()) {
    kept->log.emplace(settings.Env(), on_log.As<Napi::Function>());
    kept->log->Receive(options.get());
  }
  const Napi::Value value = settings.Get("provider");
  if (value.IsUndefined()) return;
  const auto given = value.As<Napi::Object>();
  const Napi::Value device = given.Get("device");
  provider = {ToString(given.Get("name")), device.IsString() ? ToString(device) : "",
              given.Get("deviceId").As<Napi::Number>().Int32Value(), ToEntries(given.Get("options")),
              ToIds(given.Get("devices"))};
}

LoadJob::LoadJob(Napi::Env env, Napi::Object owner, std::shared_ptr<SessionState> state, Napi::Value model,
                 LoadSettings settings, LoadJob*& in_flight)
    : AsyncJob(env, owner), in_flight_(in_flight), state_(std::move(state)), settings_(std::move(settings)) {
  in_flight_ = this;
  if (model.IsString()) {
    path_ = ToString(model);
  } else {
    bytes_ = ToBytes(model);
    keep_model_ = std::make_shared<Napi::Reference<Napi::Value>>(Napi::Reference<Napi::Value>::New(model, 1));
  }
}

void LoadJob::Terminate() noexcept {
  canceled_ = true;
  ort::Ignore(ort::api().SessionOptionsSetLoadCancellationFlag(settings_.options.get(), true));
}

void LoadJob::Work() {
  // The load folds constants.
  const run::DenormalsAsZero mode(settings_.denormals_as_zero);
  device::Device* device = nullptr;
  std::shared_ptr<device::Queue> queue;
  const auto& provider = settings_.provider;
  if (provider) device = device::OpenDevice(*provider);
  if (device != nullptr) queue = device->MakeQueue(settings_.blocking_wait);
  CheckGraphs(device);
  const bool captures = settings_.enable_graph_capture && queue != nullptr && queue->captures();
  std::shared_ptr<OrtSession> handle;
  {
    const device::DeviceLock lock = device != nullptr ? device->Lock(false, canceled_) : device::DeviceLock();
    if (captures) GraphNodes::Record(settings_.options.get());
    std::shared_ptr<const void> plugin = settings_.selects_provider ? device::UsePlugins() : nullptr;
    if (provider) plugin = device::Append(settings_.options.get(), *provider, device, queue.get());
    handle = {Create().release(), SessionDeleter{device, queue, settings_.kept, std::move(plugin)}};
  }
  state_->device = device;
  state_->inputs = ort::Inputs(handle.get());
  state_->outputs = ort::Outputs(handle.get());
  state_->passed_inputs = PassedInputs(state_->inputs, state_->outputs);
  if (settings_.selects_provider) CheckHostMemory(handle.get(), *state_);
  state_->metadata = ort::ReadModelMetadata(handle.get());
  state_->only_tensors = std::all_of(state_->outputs.begin(), state_->outputs.end(), [](const auto& output) {
    return output.kind == ONNX_TYPE_TENSOR && ort::ElementBits(output.type) != 0;
  });
  state_->inputs_on_device =
      OnDevice(device, handle.get(), state_->inputs, ort::api().SessionGetMemoryInfoForInputs);
  state_->outputs_on_device =
      OnDevice(device, handle.get(), state_->outputs, ort::api().SessionGetMemoryInfoForOutputs);
  state_->graphs = settings_.enable_graph_capture;
  if (captures) state_->graph_nodes = GraphNodes::Read(handle.get());
  state_->graph_epoch.by_last_shapes = state_->graph_nodes.by_last_shapes;
  state_->denormals_as_zero = settings_.denormals_as_zero;
  state_->records_assignment = settings_.record_graph_assignment;
  state_->queue = std::move(queue);
  {
    const std::lock_guard lock(state_->release_mutex);
    state_->inline_options = ort::MakeRunOptions();
  }
  state_->handle = std::move(handle);  // last: a session with a handle is loaded
}

// An older ONNX Runtime keeps one graph a session on WebGPU, and replays it for every binding.
void LoadJob::CheckGraphs(const device::Device* device) const {
  if (!settings_.enable_graph_capture || device == nullptr || device->name() != "webgpu") return;
  if (ort::api().SessionReleaseCapturedGraph != nullptr) return;
  throw ort::Error("ERR_NOT_SUPPORTED", "graph capture on WebGPU needs ONNX Runtime 1.27 or newer");
}

ort::SessionHandle LoadJob::Create() const {
  const run::InheritedName its_threads("onnxruntime");
  const ort::Api& api = ort::api();
  OrtEnv* const env = ort::Environment();
  const OrtSessionOptions* const options = settings_.options.get();
  OrtPrepackedWeightsContainer* const weights = settings_.kept->weights.get();
  if (bytes_.data != nullptr) {
    if (weights == nullptr) {
      return ort::Create<ort::SessionHandle>(api.CreateSessionFromArray, env, bytes_.data, bytes_.length,
                                             options);
    }
    return ort::Create<ort::SessionHandle>(api.CreateSessionFromArrayWithPrepackedWeightsContainer, env,
                                           bytes_.data, bytes_.length, options, weights);
  }
  const ort::Path path = ort::ToPath(path_);
  if (weights == nullptr) {
    return ort::Create<ort::SessionHandle>(api.CreateSession, env, path.c_str(), options);
  }
  return ort::Create<ort::SessionHandle>(api.CreateSessionWithPrepackedWeightsContainer, env, path.c_str(),
                                         options, weights);
}

// A session that failed to load needs no thread.
void LoadJob::OnDone() noexcept {
  in_flight_ = nullptr;
  AddonData::StopAtExit();
  if (!state_->handle) {
    state_->runner->Stop();
    return;
  }
  state_->initializers = std::move(settings_.initializers);
  if (settings_.borrows_model) state_->borrowed = std::move(keep_model_);
}
