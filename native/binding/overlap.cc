#include "overlap.h"

#include <cstring>

#include "device/host_memory.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/metadata.h"
#include "ort/strings.h"

Overlap OverlapOf(const ValueState& one, const ValueState& other) {
  if (one.IsString() || other.IsString()) return &one == &other ? Overlap::kSame : Overlap::kNone;
  if (one.data == nullptr || other.data == nullptr || one.bytes == 0 || other.bytes == 0)
    return Overlap::kNone;
  if (one.OnDevice() != other.OnDevice()) return Overlap::kNone;
  if (one.data == other.data) return one.bytes == other.bytes ? Overlap::kSame : Overlap::kPartial;
  // A device's pointer may be an opaque handle, which has no range.
  if (one.OnDevice()) return Overlap::kNone;
  const device::HostRange range{static_cast<const char*>(one.data), one.bytes};
  const bool overlaps = range.Overlaps({static_cast<const char*>(other.data), other.bytes});
  return overlaps ? Overlap::kPartial : Overlap::kNone;
}

device::Tensor MakeSecond(const OrtValue* tensor, size_t bytes) {
  const ort::TensorShape shape = ort::Shape(tensor);
  if (shape.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) {
    return {nullptr, ort::CreateStringTensor(shape.dims)};
  }
  auto memory = device::HostMemory::Allocate(bytes, device::HostMemory::Fill::kNone);
  return device::MakeTensor(std::move(memory), ort::CpuMemoryInfo(), shape.type, shape.dims);
}

void CopyOnHost(const std::vector<device::Copy>& copies) {
  for (const auto& [from, to] : copies) {
    if (to.data == nullptr) {
      ort::CopyStrings(from.value, to.value, ort::ElementCount(ort::Shape(to.value).dims));
    } else if (to.bytes > 0) {
      std::memmove(to.data, from.data, to.bytes);
    }
  }
}
