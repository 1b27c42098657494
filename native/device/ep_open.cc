// The EpDevices of the process, which are opened once.
#include <set>

#include "ep_device.h"

namespace device {
namespace {

struct Opened {
  std::mutex mutex;
  std::vector<std::unique_ptr<EpDevice>> devices;
  std::set<int> on_host;  // plugins' devices whose sessions have host memory, by their ids
};

// Never destroyed, as the devices.
Opened& opened() {
  static auto* const opened = new Opened;
  return *opened;
}

EpDevice* FindOpened(const std::string& name, int id) {
  for (const auto& device : opened().devices) {
    if (device->name() == name && device->id() == id) return device.get();
  }
  return nullptr;
}

}  // namespace

EpDevice& EpDevice::Keep(std::unique_ptr<EpDevice> device) {
  opened().devices.push_back(std::move(device));
  if (after_open != nullptr) after_open();
  return *opened().devices.back();
}

Device& EpDevice::OpenWebGpu(const Options& options) {
  const std::lock_guard lock(opened().mutex);
  EpDevice* found = FindOpened("webgpu", 0);
  if (found != nullptr) return *found;
  std::unique_ptr<EpDevice> device(new EpDevice("webgpu", 0, options, {}));
  if (device->info_ == nullptr) {
    throw ort::Error("ERR_PROVIDER_UNAVAILABLE",
                     "the execution provider 'webgpu' runs nothing on its device");
  }
  return Keep(std::move(device));
}

Device* EpDevice::OpenPlugin(const std::string& provider, const std::vector<int>& ep_devices,
                             const Options& options) {
  const std::lock_guard lock(opened().mutex);
  const int id = ep_devices.front();
  EpDevice* found = FindOpened(provider, id);
  if (found != nullptr || opened().on_host.count(id) != 0) return found;
  std::unique_ptr<EpDevice> device(new EpDevice(provider, id, options, ep_devices));
  if (device->info_ != nullptr) return &Keep(std::move(device));
  opened().on_host.insert(id);
  return nullptr;
}

Device& EpDevice::FindPlugin(const std::string& provider, int id) {
  const std::lock_guard lock(opened().mutex);
  EpDevice* found = FindOpened(provider, id);
  if (found != nullptr) return *found;
  throw ort::Error("ERR_INVALID_ARG_VALUE",
                   "no session has opened device " + std::to_string(id) + " of '" + provider + "'");
}

void EpDevice::DrainAll() noexcept {
  const std::lock_guard lock(opened().mutex);
  for (const auto& device : opened().devices) device->Drain();
}

}  // namespace device
