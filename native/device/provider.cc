#include "provider.h"

#include "ep_device.h"
#include "plugins.h"

namespace device {
namespace {

// The one that SessionOptionsAppendExecutionProvider does not know.
void AppendTensorRt(OrtSessionOptions* options, const OptionArrays& arrays) {
  const auto tensorrt = ort::Create<ort::TensorRtOptionsHandle>(ort::api().CreateTensorRTProviderOptions);
  ort::Check(ort::api().UpdateTensorRTProviderOptions(tensorrt.get(), arrays.keys.data(),
                                                      arrays.values.data(), arrays.keys.size()));
  ort::Check(ort::api().SessionOptionsAppendExecutionProvider_TensorRT_V2(options, tensorrt.get()));
}

void AppendByName(OrtSessionOptions* options, const Provider& provider) {
  const OptionArrays arrays(provider.options);
  if (provider.name == "TensorrtExecutionProvider") {
    AppendTensorRt(options, arrays);
    return;
  }
  ort::Check(ort::api().SessionOptionsAppendExecutionProvider(
      options, provider.name.c_str(), arrays.keys.data(), arrays.values.data(), arrays.keys.size()));
}

}  // namespace

Device* OpenDevice(const Provider& provider) {
  if (!provider.device.empty()) return &Open(provider.device, provider.device_id, provider.options);
  if (provider.ep_devices.empty()) return nullptr;
  return EpDevice::OpenPlugin(provider.name, provider.ep_devices, provider.options);
}

std::shared_ptr<const void> Append(OrtSessionOptions* options, const Provider& provider, Device* device,
                                   Queue* queue) {
  if (!provider.ep_devices.empty()) {
    return AppendForDevices(options, provider.ep_devices, provider.options);
  }
  if (device != nullptr) {
    device->Append(options, provider.options, queue);
  } else {
    AppendByName(options, provider);
  }
  return nullptr;
}

}  // namespace device
