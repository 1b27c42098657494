// Plugins: libraries with execution providers, which are registered in ONNX Runtime's environment, and the
// devices that all providers can use. Any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "device.h"

namespace device {

// ONNX Runtime's OrtEpDevice: a provider, and the hardware that it uses.
struct EpDeviceInfo {
  int id;  // of the process; never another device's
  std::string provider;
  std::string vendor;  // of the provider
  Options metadata;
  Options options;  // that the provider uses for the device by default
  OrtHardwareDeviceType hardware;
  std::string hardware_vendor;
  uint32_t hardware_vendor_id;
  uint32_t hardware_id;
  Options hardware_metadata;
};

// Throws ERR_LIBRARY_NOT_FOUND and ERR_LIBRARY_INVALID, and ERR_INVALID_ARG_VALUE for a name that is taken.
void RegisterPlugin(const std::string& name, const std::string& path);
// Throws ERR_BUSY while a session uses the plugin, and ERR_INVALID_ARG_VALUE for a name without a plugin.
void UnregisterPlugin(const std::string& name);
std::vector<EpDeviceInfo> EpDevices();
// Whether a model that was compiled with this information runs on the devices of one provider.
OrtCompiledModelCompatibility Compatibility(const std::vector<int>& ids, const std::string& info);

// Appends the provider of these devices. As long as the result exists their plugin stays registered.
std::shared_ptr<const void> AppendForDevices(OrtSessionOptions* options, const std::vector<int>& ids,
                                             const Options& provider_options);
// Keeps every plugin registered.
std::shared_ptr<const void> UsePlugins();

}  // namespace device
