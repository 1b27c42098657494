#include "overlap.h"

#include <algorithm>
#include <cstring>

#include "device/host_memory.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/metadata.h"
#include "ort/strings.h"
#include "ort/tensor.h"

Overlap OverlapOf(const ValueState& one, const ValueState& other) {
  if (one.OnDevice() != other.OnDevice()) return Overlap::kNone;
  if (one.OnDevice()) {
    // A device's pointer may be an opaque handle, which has no range.
    if (one.data != other.data || one.bytes == 0 || other.bytes == 0) return Overlap::kNone;
    return one.bytes == other.bytes ? Overlap::kSame : Overlap::kPartial;
  }
  const device::HostRange range = one.Range();
  const device::HostRange with = other.Range();
  if (range.bytes > 0 && range.first == with.first && range.bytes == with.bytes) return Overlap::kSame;
  if (range.bytes > 0 && with.bytes > 0 && range.Overlaps(with)) return Overlap::kPartial;
  // Of a sequence and a tensor.
  const auto contains = [](const ValueState& sequence, const ValueState& tensor) {
    const auto& elements = sequence.shared.elements;
    return std::any_of(elements.begin(), elements.end(),
                       [&](const auto& element) { return OverlapOf(*element, tensor) != Overlap::kNone; });
  };
  return contains(one, other) || contains(other, one) ? Overlap::kSame : Overlap::kNone;
}

device::Tensor MakeSecond(const OrtValue* tensor, size_t bytes) {
  const ort::TensorShape shape = ort::Shape(tensor);
  if (shape.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) {
    return {nullptr, ort::CreateTensor(ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, shape.dims)};
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
