// A bound value as a device run uses it.
#pragma once

#include <vector>

#include "device/device.h"
#include "value/state.h"

struct Slot {
  enum class Placement {
    kNone,    // unbound, or allocated by ONNX Runtime
    kHost,    // host memory, bound as it is: the CPU reads or writes it
    kDevice,  // device memory, bound as it is
    kCopied,  // host memory with a device copy, which is bound in its place
    kMapped,  // pinned memory, bound by its device pointer
  };

  Slot() = default;
  // `wanted`: ONNX Runtime reads or writes it on the device. `name` is for errors.
  Slot(device::Device& device, const ValueState& value, bool wanted, bool mapped, const std::string& name);

  bool LacksCopy() const noexcept {
    return (placement == Placement::kCopied && !on_device.memory) || (doubled && !second.value);
  }
  // The caller holds the device lock, unless the device allocates_at_once.
  void AllocateCopy(device::Device& device);

  // The value to bind.
  OrtValue* value() const { return staged.value ? staged.value.get() : target().value; }
  // The same where an output has a second buffer: what that is copied to.
  device::TensorView own() const noexcept {
    return on_device.value ? device::TensorView{on_device.value.get(), device_pointer, tensor.bytes} : tensor;
  }
  device::TensorView target() const noexcept { return doubled ? second.view() : own(); }
  device::HostRange range() const { return {static_cast<const char*>(tensor.data), tensor.bytes}; }

  Placement placement = Placement::kNone;
  // The user's, or its stand-in. The value of a copied one is `host`: values that are copied in one call must
  // agree on where their memory is, and users' values do not.
  device::TensorView tensor;
  device::HostRange user;  // the user's memory
  bool pinned = false;     // which the device copies without waiting
  ort::ValueHandle host;
  device::Tensor on_device;        // the device copy, or mapped memory by its device pointer
  void* device_pointer = nullptr;  // of the device copy, or of mapped memory
  bool bound = false;              // by the current OrtIoBinding
  bool used = false;               // by the last run
  // Of an output: it is an input of the model too, which is copied into it.
  bool passed = false;
  // Of an output whose memory is an input's: ONNX Runtime writes a second buffer.
  bool doubled = false;
  device::Tensor second;
  device::Tensor staged;  // of an output on the device that the CPU writes: what is copied to the device
  // Of an input: its host memory may differ from the device copy.
  bool dirty = true;
  // Of an input: each run of the binding writes its host memory.
  bool overwritten = false;
};
