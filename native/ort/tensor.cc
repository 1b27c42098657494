#include "tensor.h"

#include "environment.h"
#include "metadata.h"

namespace ort {
namespace {

// Below 1.31 ONNX Runtime creates a tensor by the number that ONNX has for a type, and reports its own: the
// last three differ.
bool CreatesByOnnxNumbers() {
  static const bool answer = [] {
    char byte = 0;
    const auto type = ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E8M0;
    OrtValue* raw = nullptr;
    const int64_t dim = 1;
    OrtStatus* status =
        api().CreateTensorWithDataAsOrtValue(CpuMemoryInfo(), &byte, sizeof(byte), &dim, 1, type, &raw);
    const ValueHandle value(raw);
    Ignore(status);
    return !value || Shape(value.get()).type != type;
  }();
  return answer;
}

ONNXTensorElementDataType OnnxNumber(ONNXTensorElementDataType type) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E8M0:
      return static_cast<ONNXTensorElementDataType>(24);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT2:
      return static_cast<ONNXTensorElementDataType>(25);
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT2:
      return static_cast<ONNXTensorElementDataType>(26);
    default:
      return type;
  }
}

ONNXTensorElementDataType NumberToCreateBy(ONNXTensorElementDataType type) {
  const ONNXTensorElementDataType onnx = OnnxNumber(type);
  return onnx != type && CreatesByOnnxNumbers() ? onnx : type;
}

}  // namespace

ValueHandle TensorOver(const OrtMemoryInfo* info, void* data, size_t bytes, ONNXTensorElementDataType type,
                       const std::vector<int64_t>& dims) {
  return Create<ValueHandle>(api().CreateTensorWithDataAsOrtValue, info, data, bytes, dims.data(),
                             dims.size(), NumberToCreateBy(type));
}

ValueHandle CreateTensor(ONNXTensorElementDataType type, const std::vector<int64_t>& dims) {
  return Create<ValueHandle>(api().CreateTensorAsOrtValue, DefaultAllocator(), dims.data(), dims.size(),
                             NumberToCreateBy(type));
}

}  // namespace ort
