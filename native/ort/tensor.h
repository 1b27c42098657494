// New tensors: over memory that the caller keeps, or with memory of ONNX Runtime's default allocator.
#pragma once

#include <vector>

#include "handles.h"

namespace ort {

ValueHandle TensorOver(const OrtMemoryInfo* info, void* data, size_t bytes, ONNXTensorElementDataType type,
                       const std::vector<int64_t>& dims);

ValueHandle CreateTensor(ONNXTensorElementDataType type, const std::vector<int64_t>& dims);

}  // namespace ort
