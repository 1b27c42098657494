#include "graph_epoch.h"

#include "ort/metadata.h"

void AppendShape(InputShapes& shapes, const char* name, const OrtValue* input) {
  static std::atomic<int64_t> others{0};
  shapes.push_back(static_cast<int64_t>(reinterpret_cast<intptr_t>(name)));
  if (ort::Kind(input) != ONNX_TYPE_TENSOR) {
    // What a sequence contains may have any shape: it is always new.
    shapes.push_back(--others);
    return;
  }
  const ort::TensorShape shape = ort::Shape(input);
  shapes.push_back(static_cast<int64_t>(shape.dims.size()));
  shapes.insert(shapes.end(), shape.dims.begin(), shape.dims.end());
}
