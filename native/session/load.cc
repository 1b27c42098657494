#include "load.h"

#include <algorithm>

#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/path.h"
#include "ort/run_options.h"
#include "run/float_mode.h"
#include "run/thread_name.h"

namespace {

// Releases a session, and then its share of the device.
struct SessionDeleter {
  device::Device* device;
  std::shared_ptr<device::Queue> queue;
  std::shared_ptr<void> kept;  // what the session uses until then
  void operator()(OrtSession* session) {
    if (device == nullptr) {
      ort::api().ReleaseSession(session);
      return;
    }
    device->Release({.released = session, .queue = std::move(queue), .kept = std::move(kept)});
  }
};

using GetMemoryInfos = OrtStatus*(ORT_API_CALL*)(const OrtSession*, const OrtMemoryInfo**, size_t);

// Where ONNX Runtime places the inputs, or the outputs. It does not report this of initializers that can be
// overridden, which come last.
std::vector<const OrtMemoryInfo*> ReadMemoryInfos(const OrtSession* session,
                                                  const std::vector<ort::ValueInfo>& values,
                                                  GetMemoryInfos get) {
  const auto overridable = std::find_if(values.begin(), values.end(),
                                        [](const ort::ValueInfo& value) { return value.overridable; });
  std::vector<const OrtMemoryInfo*> infos(overridable - values.begin());
  if (!infos.empty()) ort::Check(get(session, infos.data(), infos.size()));
  return infos;
}

// Whether ONNX Runtime places each input, or each output, on the device. Initializers that can be overridden
// are bound in host memory, and it copies them.
std::vector<bool> OnDevice(const device::Device* device, const OrtSession* session,
                           const std::vector<ort::ValueInfo>& values, GetMemoryInfos get) {
  std::vector<bool> on_device(values.size());
  if (device == nullptr) return on_device;
  const auto infos = ReadMemoryInfos(session, values, get);
  std::transform(infos.begin(), infos.end(), on_device.begin(),
                 [device](const OrtMemoryInfo* info) { return device->Holds(info); });
  return on_device;
}

// The inputs that ONNX Runtime reads elsewhere than in host memory, and those that it does not report.
std::vector<size_t> InputsCopied(const OrtSession* session, const std::vector<ort::ValueInfo>& inputs) {
  std::vector<size_t> copied;
  const auto infos = ReadMemoryInfos(session, inputs, ort::api().SessionGetMemoryInfoForInputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    int differs = 1;
    if (i < infos.size()) ort::Check(ort::api().CompareMemoryInfo(infos[i], ort::CpuMemoryInfo(), &differs));
    if (differs != 0) copied.push_back(i);
  }
  return copied;
}

// A policy may select a provider whose device memory, and whose lock, the addon has not opened.
void CheckHostMemory(const OrtSession* session, const SessionState& state) {
  for (const auto& [values, get] : {std::pair(&state.inputs, ort::api().SessionGetMemoryInfoForInputs),
                                    std::pair(&state.outputs, ort::api().SessionGetMemoryInfoForOutputs)}) {
    for (const OrtMemoryInfo* info : ReadMemoryInfos(session, *values, get)) {
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

void LoadJob::Work() {
  // The load folds constants.
  const run::DenormalsAsZero mode(settings_.denormals_as_zero);
  Opened opened = Open();
  device::Device* const device = opened.device;
  std::shared_ptr<device::Queue>& queue = opened.queue;
  CheckGraphs(device);
  const bool captures = settings_.enable_graph_capture && queue != nullptr && queue->captures();
  std::shared_ptr<OrtSession> handle;
  {
    const device::DeviceLock lock = Lock(opened);
    if (captures) GraphNodes::Record(settings_.options.get());
    Append(opened);
    handle = {Create().release(), SessionDeleter{device, queue, settings_.kept}};
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
  if (device == nullptr && (settings_.provider || settings_.selects_provider))
    state_->inputs_copied = InputsCopied(handle.get(), state_->inputs);
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

void LoadJob::OnDone() noexcept {
  ModelJob::OnDone();
  if (!state_->handle) return;
  state_->initializers = std::move(settings_.initializers);
  if (settings_.borrows_model) state_->borrowed = std::move(keep_model_);
}
