#include "slot.h"

#include "ort/environment.h"
#include "ort/tensor.h"
#include "overlap.h"

Slot::Slot(device::Device& device, const ValueState& value, bool wanted, bool mapped, const std::string& name)
    : tensor(value.Safe()), user({static_cast<const char*>(value.data), value.bytes}), pinned(value.pinned) {
  if (value.OnDevice()) {
    value.CheckAligned(name);
    placement = Placement::kDevice;
  } else if (!wanted || value.data == nullptr) {
    placement = Placement::kHost;
  } else if (mapped) {
    if (!value.pinned || value.device != &device) {
      throw ort::Error("ERR_INVALID_ARG_VALUE", name + " cannot be mapped: its memory is not pinned for " +
                                                    device.name() + " " + std::to_string(device.id()));
    }
    placement = Placement::kMapped;
    value.CheckAligned(name);
    // The driver knows the block by its first address.
    auto* const block = static_cast<char*>(value.memory->data());
    void* const pointer = static_cast<char*>(device.Mapped(block)) + (static_cast<char*>(value.data) - block);
    device_pointer = pointer;
    on_device.value = ort::TensorOver(device.memory_info(), pointer, value.bytes, value.type, value.dims);
  } else {
    placement = Placement::kCopied;
    host = ort::TensorOver(ort::CpuMemoryInfo(), tensor.data, value.bytes, value.type, value.dims);
    tensor.value = host.get();
  }
}

void Slot::AllocateCopy(device::Device& device) {
  if (doubled && !second.value) {
    second =
        placement == Placement::kHost
            ? MakeSecond(tensor.value, tensor.bytes)
            : device::MakeTensorLike(tensor.value, device.AllocateLocked(tensor.bytes), device.memory_info());
  }
  if (placement != Placement::kCopied || on_device.memory) return;
  on_device = device::MakeTensorLike(host.get(), device.AllocateLocked(tensor.bytes), device.memory_info());
  device_pointer = on_device.memory->data();
}
