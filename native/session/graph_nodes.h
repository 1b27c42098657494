// What a session's nodes say of its graphs, before any is captured.
#pragma once

#include <string>

#include "ort/handles.h"

struct GraphNodes {
  std::string uncapturable;     // a node that no graph can hold, and why; empty: none is known
  std::string suspects;         // nodes that may copy host memory in a run, for errors
  bool by_last_shapes = false;  // GraphEpoch::by_last_shapes

  // Has ONNX Runtime record the nodes, which Read needs.
  static void Record(OrtSessionOptions* options);
  static GraphNodes Read(const OrtSession* session);
};
