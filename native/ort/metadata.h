// What a model says of itself. Declared shapes are a hint: the result of a run is the truth.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "handles.h"

namespace ort {

struct Dimension {
  int64_t size;      // -1 where the model leaves it open
  std::string name;  // the symbolic name, or empty
};

struct ValueInfo {
  std::string name;
  ONNXType kind = ONNX_TYPE_UNKNOWN;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;  // of a tensor
  bool has_shape = false;                                                    // of a tensor: its rank is known
  std::vector<Dimension> dims;                                               // of a tensor
};

struct ModelMetadata {
  std::string producer_name;
  std::string graph_name;
  std::string graph_description;
  std::string domain;
  std::string description;
  int64_t version = 0;
  std::vector<std::pair<std::string, std::string>> custom;
};

struct TensorShape {
  ONNXTensorElementDataType type;
  std::vector<int64_t> dims;
};

std::vector<ValueInfo> Inputs(const OrtSession* session);
std::vector<ValueInfo> Outputs(const OrtSession* session);
ModelMetadata ReadModelMetadata(const OrtSession* session);

// Type and shape of a tensor value.
TensorShape ShapeOf(const OrtValue* tensor);

}  // namespace ort
