#include "overlap.h"

#include <cstring>

#include "device/host_memory.h"
#include "ort/element_type.h"
#include "ort/environment.h"
#include "ort/metadata.h"
#include "ort/strings.h"
#include "ort/tensor.h"

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
