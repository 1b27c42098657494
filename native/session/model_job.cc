#include "model_job.h"

#include "device/plugins.h"
#include "options.h"
#include "shared_weights.h"
#include "value/value.h"

namespace {

// Of the entries of ONNX Runtime's configuration.
bool IsOn(Napi::Value config, const char* key) {
  if (!config.IsObject()) return false;
  const Napi::Value entry = config.As<Napi::Object>().Get(key);
  return entry.IsString() && ToString(entry) == "1";
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
  if (const Napi::Value read = settings.Get("readContext"); read.IsFunction()) {
    kept->context.emplace(settings.Env(), read.As<Napi::Function>());
    kept->context->Serve(options.get());
  }
  const Napi::Value value = settings.Get("provider");
  if (value.IsUndefined()) return;
  const auto given = value.As<Napi::Object>();
  const Napi::Value device = given.Get("device");
  provider = {ToString(given.Get("name")), device.IsString() ? ToString(device) : "",
              given.Get("deviceId").As<Napi::Number>().Int32Value(), ToEntries(given.Get("options")),
              ToIds(given.Get("devices"))};
}

ModelJob::ModelJob(Napi::Env env, Napi::Object owner, std::shared_ptr<SessionState> state, Napi::Value model,
                   LoadSettings settings, ModelJob*& in_flight)
    : AsyncJob(env, owner), state_(std::move(state)), settings_(std::move(settings)), in_flight_(in_flight) {
  if (model.IsString()) {
    path_ = ToString(model);
  } else {
    bytes_ = ToBytes(model);
    keep_model_ = std::make_shared<Napi::Reference<Napi::Value>>(Napi::Reference<Napi::Value>::New(model, 1));
  }
}

void ModelJob::Terminate() noexcept {
  canceled_ = true;
  if (settings_.kept->context) settings_.kept->context->Cancel();
  ort::Ignore(ort::api().SessionOptionsSetLoadCancellationFlag(settings_.options.get(), true));
}

ModelJob::Opened ModelJob::Open() const {
  Opened opened;
  if (settings_.provider) opened.device = device::OpenDevice(*settings_.provider);
  // The load would wait for JavaScript while it holds the device, and JavaScript may wait for the device.
  if (opened.device != nullptr && settings_.kept->context) {
    throw ort::Error("ERR_NOT_SUPPORTED",
                     "'epContextDataRead' is not for providers with device memory, here '" +
                         opened.device->name() + "': keep the data in the model, or in a file beside it");
  }
  if (opened.device != nullptr) opened.queue = opened.device->MakeQueue(settings_.blocking_wait);
  return opened;
}

device::DeviceLock ModelJob::Lock(const Opened& opened) const {
  return opened.device != nullptr ? opened.device->Lock(false, canceled_) : device::DeviceLock();
}

void ModelJob::Append(const Opened& opened) {
  std::shared_ptr<const void>& plugin = settings_.kept->plugin;
  OrtSessionOptions* const options = settings_.options.get();
  if (settings_.selects_provider) plugin = device::UsePlugins();
  if (settings_.provider) {
    plugin = device::Append(options, *settings_.provider, opened.device, opened.queue.get());
  }
}

// Without a session no thread is needed.
void ModelJob::OnDone() noexcept {
  in_flight_ = nullptr;
  AddonData::StopAtExit();
  if (!state_->handle) state_->runner->Stop();
}
