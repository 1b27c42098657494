// The execution provider of a session, as the session's options name it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "device.h"

namespace device {

struct Provider {
  std::string name;             // ONNX Runtime's, such as OpenVINOExecutionProvider
  std::string device;           // whose memory its sessions use, by the addon's name; may be empty
  int device_id = 0;            // of that device
  Options options;              // under ONNX Runtime's keys
  std::vector<int> ep_devices;  // of a plugin's provider: plugins.h
};

// The device whose memory the provider's sessions use; null for host memory, which ONNX Runtime copies where
// the provider needs that.
Device* OpenDevice(const Provider& provider);

// `device`: of OpenDevice, whose lock the caller holds. The session keeps what is returned: it keeps the
// provider's plugin registered.
std::shared_ptr<const void> Append(OrtSessionOptions* options, const Provider& provider, Device* device,
                                   Queue* queue);

}  // namespace device
