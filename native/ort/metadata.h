// A model's inputs, outputs and metadata. Declared shapes are a hint: a run may give others.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "handles.h"

namespace ort {

struct Dimension {
  int64_t size;      // -1: dynamic
  std::string name;  // symbolic name, or empty
};

struct ValueInfo {
  std::string name;
  ONNXType kind = ONNX_TYPE_UNKNOWN;
  std::string form;
  std::string denotation;                                                    // such as IMAGE; may be empty
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;  // of a tensor
  bool has_shape = false;                                                    // the rank is known
  std::vector<Dimension> dims;                                               // of a tensor
  bool overridable = false;  // of an input: an initializer is its default
};

struct ModelMetadata {
  std::vector<std::pair<const char*, std::string>> texts;  // by the names of lib/engine/engine.ts
  int64_t version = 0;
  std::vector<std::pair<std::string, std::string>> custom;
};

struct TensorShape {
  ONNXTensorElementDataType type;
  std::vector<int64_t> dims;
};

// Those that initializers are the defaults of come last.
std::vector<ValueInfo> Inputs(const OrtSession* session);
std::vector<ValueInfo> Outputs(const OrtSession* session);
ModelMetadata ReadModelMetadata(const OrtSession* session);

// What a value is; ONNX_TYPE_OPTIONAL for an optional without a value.
ONNXType Kind(const OrtValue* value);

// The type of a value as text, with element types by their numbers, such as sequence(tensor(1)); only the
// kind where ONNX Runtime does not report more.
std::string Form(const OrtValue* value);

TensorShape ReadShape(const TensorInfoHandle& info);

// Element type and shape of a tensor, of a sparse one too.
TensorShape Shape(const OrtValue* tensor);

// The outputs of a binding's last run, in the order they were bound.
std::vector<ValueHandle> BoundOutputs(const OrtIoBinding* binding);

// The elements of a tensor: numbers, or std::string objects.
void* Data(const OrtValue* tensor);

}  // namespace ort
