// Exhausted memory, of which ONNX Runtime reports neither allocations nor copies that the device refuses.
#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "ep_device.h"
#include "ort/environment.h"
#include "ort/tensor.h"

namespace device {

void EpDevice::CheckMemory(void* data, size_t bytes) {
  float host = 0;
  const auto on_host = OverHostFloat(host);
  const auto on_device = ort::TensorOver(info_, data, sizeof host, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, {1});
  const device::TensorView host_view{on_host.get(), &host, sizeof host};
  const device::TensorView device_view{on_device.get(), data, sizeof host};
  // Zero at last, as new memory is.
  for (const float written : {1.F, 0.F}) {
    host = written;
    CopyTensors({{host_view, device_view}});
    host = -1;
    CopyTensors({{device_view, host_view}});
    if (host == written) continue;
    throw ort::Error("ERR_OUT_OF_MEMORY", "the device '" + name() + "' cannot allocate " +
                                              std::to_string(bytes) +
                                              " bytes: more than it has free, or than one buffer may have");
  }
}

void EpDevice::Upload(const std::vector<Copy>& copies) {
  const auto is_large = [](const Copy& copy) { return copy.to.bytes > kMayFail; };
  if (std::none_of(copies.begin(), copies.end(), is_large)) return CopyTensors(copies);
  std::vector<Copy> small;
  for (const Copy& copy : copies) {
    if (is_large(copy)) {
      UploadLarge(copy);
    } else {
      small.push_back(copy);
    }
  }
  CopyTensors(small);
}

// A copy that was lost leaves the mark that was written before it.
void EpDevice::UploadLarge(const Copy& copy) {
  const auto fail = [&](const char* what) {
    throw ort::Error("ERR_OUT_OF_MEMORY", "the device '" + name() + "' cannot copy " +
                                              std::to_string(copy.to.bytes) +
                                              " bytes from the host: " + what);
  };
  // Where the buffer that is mapped for the copy has no memory, the provider writes to a null pointer.
  // A compiler may omit a new expression that nothing uses, and not these calls.
  void* const probe = ::operator new(copy.to.bytes, std::nothrow);
  ::operator delete(probe);
  if (probe == nullptr) fail("host memory is exhausted");
  using Unit = std::array<uint8_t, kUnit>;
  const std::vector<int64_t> dims = {kUnit};
  const auto first = ort::TensorOver(info_, copy.to.data, kUnit, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, dims);
  const TensorView on_device{first.get(), copy.to.data, kUnit};
  Unit host{};
  const auto value =
      ort::TensorOver(ort::CpuMemoryInfo(), host.data(), kUnit, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, dims);
  const TensorView on_host{value.get(), host.data(), kUnit};

  CopyTensors({{on_device, on_host}});
  const Unit before = host;
  std::memcpy(host.data(), copy.from.data, kUnit);
  for (uint8_t& byte : host) byte = static_cast<uint8_t>(~byte);
  const Unit mark = host;
  CopyTensors({{on_host, on_device}});
  const auto restore = [&] {
    host = before;
    CopyTensors({{on_host, on_device}});
  };
  try {
    CopyTensors({copy});
  } catch (...) {
    restore();
    throw;
  }
  CopyTensors({{on_device, on_host}});
  Downloaded();
  if (host != mark) return;
  restore();
  fail("its memory is exhausted");
}

}  // namespace device
