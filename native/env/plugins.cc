#include "plugins.h"

#include <utility>

#include "convert.h"
#include "device/plugins.h"
#include "pool_worker.h"

namespace {

Napi::Object FromOptions(Napi::Env env, const device::Options& options) {
  const auto object = Napi::Object::New(env);
  for (const auto& [key, value] : options) object.Set(key, value);
  return object;
}

const char* HardwareType(OrtHardwareDeviceType type) {
  switch (type) {
    case OrtHardwareDeviceType_CPU:
      return "cpu";
    case OrtHardwareDeviceType_GPU:
      return "gpu";
    case OrtHardwareDeviceType_NPU:
      return "npu";
  }
  return "unknown";  // of a newer ONNX Runtime
}

}  // namespace

// registerExecutionProviderLibrary(name: string, path: string): Promise<void> -
// RegisterExecutionProviderLibrary
Napi::Value RegisterExecutionProviderLibrary(const Napi::CallbackInfo& info) {
  auto work = [name = ToString(info[0]), path = ToString(info[1])] { device::RegisterPlugin(name, path); };
  return PoolWorker<decltype(work)>::Start(info.Env(), std::move(work));
}

// unregisterExecutionProviderLibrary(name: string): Promise<void> - UnregisterExecutionProviderLibrary
Napi::Value UnregisterExecutionProviderLibrary(const Napi::CallbackInfo& info) {
  auto work = [name = ToString(info[0])] { device::UnregisterPlugin(name); };
  return PoolWorker<decltype(work)>::Start(info.Env(), std::move(work));
}

// epDevices(): EpDevice[] - GetEpDevices
Napi::Value EpDevices(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::vector<device::EpDeviceInfo> devices = device::EpDevices();
  return MakeArray(env, devices.size(), [&](uint32_t i) {
    const device::EpDeviceInfo& device = devices[i];
    const auto hardware = Napi::Object::New(env);
    hardware.Set("type", HardwareType(device.hardware));
    hardware.Set("vendor", device.hardware_vendor);
    hardware.Set("vendorId", device.hardware_vendor_id);
    hardware.Set("deviceId", device.hardware_id);
    hardware.Set("metadata", FromOptions(env, device.hardware_metadata));
    const auto object = Napi::Object::New(env);
    object.Set("id", device.id);
    object.Set("provider", device.provider);
    object.Set("vendor", device.vendor);
    object.Set("metadata", FromOptions(env, device.metadata));
    object.Set("options", FromOptions(env, device.options));
    object.Set("hardware", hardware);
    return object;
  });
}
