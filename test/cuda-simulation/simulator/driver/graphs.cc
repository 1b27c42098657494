// libcuda.so.1: stream capture and graphs.
#include "driver/driver.h"

using namespace sim;
using GraphPtr = std::shared_ptr<Graph>;
DRIVER_EXPORT cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode) {
  return Call(__func__, kUsual, On(stream) + Format(" mode %d", mode), [&](State& s, auto&) {
    NeedContext();
    return s.BeginCapture(s.FindStream(stream), mode), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  return Call(__func__, kUsual, On(stream), [&](State& s, auto& detail) {
    NeedContext();
    *graph = nullptr;
    GraphPtr captured = s.EndCapture(s.FindStream(stream));
    detail += Format(" %zu nodes", captured->nodes.size());
    return *graph = reinterpret_cast<CUgraph>(new GraphPtr(captured)), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuStreamIsCapturing(CUstream stream, CUstreamCaptureStatus* status) {
  return Call(__func__, kUsual, On(stream), [&](State& s, auto&) {
    const Stream& of = s.FindStream(stream);
    *status = of.capture == nullptr         ? CU_STREAM_CAPTURE_STATUS_NONE
              : of.capture->invalid.empty() ? CU_STREAM_CAPTURE_STATUS_ACTIVE
                                            : CU_STREAM_CAPTURE_STATUS_INVALIDATED;
    return CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph, unsigned long long) {
  return Call(__func__, kUsual, "", [&](State&, auto& detail) {
    const auto& of = *reinterpret_cast<GraphPtr*>(graph);
    detail = Format("%zu nodes", of->nodes.size());
    return *exec = reinterpret_cast<CUgraphExec>(new GraphPtr(of)), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  NULL_MODE(CUDA_SUCCESS);
  return Call(__func__, kUsual, On(stream), [&](State& s, auto&) {
    NeedContext();
    return s.LaunchGraph(s.FindStream(stream), *reinterpret_cast<GraphPtr*>(exec)), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuGraphUpload(CUgraphExec, CUstream stream) {
  return Call(__func__, kUsual, On(stream), [&](State&, auto&) { return CUDA_SUCCESS; });
}
DRIVER_EXPORT cuGraphDestroy(CUgraph graph) {
  return Call(__func__, kSurvives, "",
              [&](State&, auto&) { return delete reinterpret_cast<GraphPtr*>(graph), CUDA_SUCCESS; });
}
DRIVER_EXPORT cuGraphExecDestroy(CUgraphExec exec) {
  return Call(__func__, kSurvives, "",
              [&](State&, auto&) { return delete reinterpret_cast<GraphPtr*>(exec), CUDA_SUCCESS; });
}
DRIVER_EXPORT cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, size_t* count) {
  return Call(__func__, kUsual, "", [&](State&, auto&) {
    auto& of = *reinterpret_cast<GraphPtr*>(graph);
    if (nodes == nullptr) return *count = of->nodes.size(), CUDA_SUCCESS;
    for (size_t i = 0; i < *count && i < of->nodes.size(); ++i)
      nodes[i] = reinterpret_cast<CUgraphNode>(&of->nodes[i]);
    return CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuGraphNodeGetType(CUgraphNode node, CUgraphNodeType* type) {
  return Call(__func__, kUsual, "", [&](State&, auto&) {
    const std::string& what = reinterpret_cast<Graph::Node*>(node)->what;
    const auto is = [&](const char* start) { return what.rfind(start, 0) == 0; };
    *type = is("copy")   ? CU_GRAPH_NODE_TYPE_MEMCPY
            : is("fill") ? CU_GRAPH_NODE_TYPE_MEMSET
            : is("host") ? CU_GRAPH_NODE_TYPE_HOST
            : is("free") ? CU_GRAPH_NODE_TYPE_MEM_FREE
                         : CU_GRAPH_NODE_TYPE_KERNEL;
    return CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuGraphMemcpyNodeGetParams(CUgraphNode node, CUDA_MEMCPY3D* params) {
  return Call(__func__, kUsual, "", [&](State& s, auto&) {
    const auto& of = *reinterpret_cast<Graph::Node*>(node);
    *params = {};
    const auto on_device = [&](const void* at) {
      const Block* block = s.memory.Find(reinterpret_cast<std::uintptr_t>(at));
      return block != nullptr && block->kind != Block::Kind::kPinned;
    };
    params->srcMemoryType = on_device(of.from) ? CU_MEMORYTYPE_DEVICE : CU_MEMORYTYPE_HOST;
    params->dstMemoryType = on_device(of.to) ? CU_MEMORYTYPE_DEVICE : CU_MEMORYTYPE_HOST;
    params->srcHost = of.from;
    params->srcDevice = reinterpret_cast<CUdeviceptr>(of.from);
    params->dstHost = const_cast<void*>(of.to);
    params->dstDevice = reinterpret_cast<CUdeviceptr>(of.to);
    params->WidthInBytes = of.bytes;
    params->Height = params->Depth = 1;
    return CUDA_SUCCESS;
  });
}

// The simulation's own: what a node is.
SIM_EXPORT const char* cudasim_node(CUgraphNode node) {
  return reinterpret_cast<Graph::Node*>(node)->what.c_str();
}

#undef cuTensorMapEncodeTiled
DRIVER_EXPORT cuTensorMapEncodeTiled(CUtensorMap*, CUtensorMapDataType, cuuint32_t, void*, const cuuint64_t*,
                                     const cuuint64_t*, const cuuint32_t*, const cuuint32_t*,
                                     CUtensorMapInterleave, CUtensorMapSwizzle, CUtensorMapL2promotion,
                                     CUtensorMapFloatOOBfill) {
  return CUDA_ERROR_NOT_SUPPORTED;
}
