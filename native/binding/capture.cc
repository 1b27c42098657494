#include "capture.h"

#include <cstring>

#include "device/host_memory.h"
#include "ort/environment.h"

namespace {

using Tensors = std::vector<device::Tensor>;

Tensors CopyOnDevice(device::Device& device, const std::vector<device::TensorView>& views) {
  Tensors copies;
  for (const device::TensorView& view : views) {
    copies.push_back(device::MakeTensorLike(view.value, device.Allocate(view.bytes), device.memory_info()));
    device.CopyWithin({view, copies.back().view()});
  }
  return copies;
}

void Restore(device::Device& device, const Tensors& copies, const std::vector<device::TensorView>& views) {
  for (size_t i = 0; i < views.size(); ++i) device.CopyWithin({copies[i].view(), views[i]});
}

Tensors Download(device::Device& device, const std::vector<device::TensorView>& views) {
  Tensors copies;
  for (const device::TensorView& view : views) {
    auto memory = device::HostMemory::Allocate(view.bytes, device::HostMemory::Fill::kZero);
    copies.push_back(device::MakeTensorLike(view.value, std::move(memory), ort::CpuMemoryInfo()));
    device.CopyOut({view, copies.back().view()});
  }
  return copies;
}

void CheckSame(const Tensors& plain, const Tensors& replayed) {
  size_t differing = 0;
  for (size_t i = 0; i < plain.size(); ++i) {
    const device::TensorView view = plain[i].view();
    if (view.bytes > 0 && std::memcmp(view.data, replayed[i].view().data, view.bytes) != 0) ++differing;
  }
  if (differing == 0) return;
  throw ort::Error("ERR_GRAPH_MISMATCH", "the captured graph and a plain run differ in " +
                                             std::to_string(differing) + " of " +
                                             std::to_string(plain.size()) + " outputs");
}

}  // namespace

void CaptureGraph(device::Device& device, const CaptureOutputs& outputs, const CaptureSteps& steps,
                  const std::function<void(BindingOptions::Kind)>& run) {
  // A run may update them in place (a state, a key-value cache).
  const Tensors saved = CopyOnDevice(device, outputs.visible);
  try {
    Tensors plain;
    int warm = 0;
    if (steps.verify) {
      run(BindingOptions::kSynchronizing);
      ++warm;
      plain = Download(device, outputs.all());
      Restore(device, saved, outputs.visible);
    }
    for (; warm < steps.warm_ups; ++warm) run(BindingOptions::kSynchronizing);
    run(BindingOptions::kCapturing);
    if (steps.verify) {
      Restore(device, saved, outputs.visible);
      run(BindingOptions::kReplaying);
      CheckSame(plain, Download(device, outputs.all()));
    }
  } catch (...) {
    // The first failure is the one to report.
    try {
      Restore(device, saved, outputs.visible);
    } catch (const std::exception&) {
    }
    throw;
  }
  Restore(device, saved, outputs.visible);
}
