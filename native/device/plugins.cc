#include "plugins.h"

#include <algorithm>
#include <map>

#include "ort/environment.h"
#include "ort/key_values.h"
#include "ort/path.h"

namespace device {
namespace {

using EpDevice = const OrtEpDevice*;

struct Plugin {
  std::vector<EpDevice> devices;
  std::shared_ptr<const int> use = std::make_shared<const int>();  // shared by its sessions
};

// Never destroyed: sessions are released while static objects are.
struct Registry {
  std::mutex mutex;  // held while a library is registered, too
  std::map<std::string, Plugin> plugins;
  std::map<EpDevice, int> ids;
  int last_id = 0;
};

Registry& registry() {
  static auto* const registry = new Registry;
  return *registry;
}

// Under the mutex, as the functions below: ONNX Runtime changes the array when a library is registered.
std::vector<EpDevice> List() {
  const OrtEpDevice* const* devices = nullptr;
  size_t count = 0;
  ort::Check(ort::api().GetEpDevices(ort::Environment(), &devices, &count));
  return {devices, devices + count};
}

int Id(EpDevice device) {
  const auto [entry, added] = registry().ids.try_emplace(device, registry().last_id + 1);
  if (added) ++registry().last_id;
  return entry->second;
}

EpDevice Find(int id) {
  for (const auto& [device, its_id] : registry().ids) {
    if (its_id == id) return device;
  }
  throw ort::Error("ERR_INVALID_ARG_VALUE",
                   "a device of 'devices' belongs to a library that was unregistered");
}

std::vector<EpDevice> FindAll(const std::vector<int>& ids) {
  std::vector<EpDevice> devices;
  devices.reserve(ids.size());
  for (const int id : ids) devices.push_back(Find(id));
  return devices;
}

EpDeviceInfo Describe(EpDevice device) {
  const ort::Api& api = ort::api();
  const OrtHardwareDevice* hardware = api.EpDevice_Device(device);
  return {Id(device),
          api.EpDevice_EpName(device),
          api.EpDevice_EpVendor(device),
          ort::Entries(api.EpDevice_EpMetadata(device)),
          ort::Entries(api.EpDevice_EpOptions(device)),
          api.HardwareDevice_Type(hardware),
          api.HardwareDevice_Vendor(hardware),
          api.HardwareDevice_VendorId(hardware),
          api.HardwareDevice_DeviceId(hardware),
          ort::Entries(api.HardwareDevice_Metadata(hardware))};
}

// ONNX Runtime has one code for all that can be wrong with a library.
ort::Error Explain(const ort::Error& error) {
  const std::string message = error.what();
  const auto has = [&message](const char* text) { return message.find(text) != std::string::npos; };
  if (has("Failed to load library") || has("Error loading")) return {"ERR_LIBRARY_NOT_FOUND", message};
  if (has("symbol")) return {"ERR_LIBRARY_INVALID", "the library is not a plugin: " + message};
  return error;
}

}  // namespace

void RegisterPlugin(const std::string& name, const std::string& path) {
  {
    const std::lock_guard lock(registry().mutex);
    if (registry().plugins.count(name) != 0) {
      throw ort::Error("ERR_INVALID_ARG_VALUE", "a library is registered as '" + name + "' already");
    }
    const std::vector<EpDevice> before = List();
    try {
      ort::Check(ort::api().RegisterExecutionProviderLibrary(ort::Environment(), name.c_str(),
                                                             ort::ToPath(path).c_str()));
    } catch (const ort::Error& error) {
      throw Explain(error);
    }
    Plugin& plugin = registry().plugins[name];
    for (EpDevice device : List()) {
      if (std::find(before.begin(), before.end(), device) == before.end()) plugin.devices.push_back(device);
    }
  }
  if (after_open != nullptr) after_open();
}

void UnregisterPlugin(const std::string& name) {
  const std::lock_guard lock(registry().mutex);
  const auto found = registry().plugins.find(name);
  if (found == registry().plugins.end()) {
    throw ort::Error("ERR_INVALID_ARG_VALUE", "no library is registered as '" + name + "'");
  }
  if (found->second.use.use_count() > 1) {
    throw ort::Error("ERR_BUSY", "the library '" + name + "' is used by a session, or has device memory");
  }
  ort::Check(ort::api().UnregisterExecutionProviderLibrary(ort::Environment(), name.c_str()));
  for (EpDevice device : found->second.devices) registry().ids.erase(device);
  registry().plugins.erase(found);
}

std::vector<EpDeviceInfo> EpDevices() {
  const std::lock_guard lock(registry().mutex);
  std::vector<EpDeviceInfo> infos;
  for (EpDevice device : List()) infos.push_back(Describe(device));
  return infos;
}

OrtCompiledModelCompatibility Compatibility(const std::vector<int>& ids, const std::string& info) {
  const std::lock_guard lock(registry().mutex);
  const std::vector<EpDevice> devices = FindAll(ids);
  auto status = OrtCompiledModelCompatibility_EP_NOT_APPLICABLE;
  ort::Check(
      ort::api().GetModelCompatibilityForEpDevices(devices.data(), devices.size(), info.c_str(), &status));
  return status;
}

std::shared_ptr<const void> AppendForDevices(OrtSessionOptions* options, const std::vector<int>& ids,
                                             const Options& provider_options) {
  const std::lock_guard lock(registry().mutex);
  const std::vector<EpDevice> devices = FindAll(ids);
  const OptionArrays arrays(provider_options);
  ort::Check(ort::api().SessionOptionsAppendExecutionProvider_V2(options, ort::Environment(), devices.data(),
                                                                 devices.size(), arrays.keys.data(),
                                                                 arrays.values.data(), arrays.keys.size()));
  for (const auto& [name, plugin] : registry().plugins) {
    const auto& its = plugin.devices;
    if (std::find(its.begin(), its.end(), devices.front()) != its.end()) return plugin.use;
  }
  return nullptr;  // a provider that is built in
}

std::shared_ptr<const void> UsePlugins() {
  const std::lock_guard lock(registry().mutex);
  auto uses = std::make_shared<std::vector<std::shared_ptr<const int>>>();
  for (const auto& [name, plugin] : registry().plugins) uses->push_back(plugin.use);
  return uses;
}

}  // namespace device
