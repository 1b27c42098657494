// The driver's functions for graphs: the runs of sessions that were captured, which a launch repeats.
#include <cstring>

#include "state.h"

using namespace fake_cuda;

namespace {

// Handles are numbers, like those of streams.
constexpr std::uintptr_t kFirstGraph = 0x67'0000'0000;

CUgraph GraphHandle(std::uintptr_t number) { return reinterpret_cast<CUgraph>(kFirstGraph + number); }

template <typename Handle>
Graph& FindGraph(State& s, Handle handle) {
  const auto found = s.graphs.find(reinterpret_cast<std::uintptr_t>(handle) - kFirstGraph);
  if (found == s.graphs.end()) throw Breach{CUDA_ERROR_INVALID_HANDLE, "a graph that is not alive"};
  return found->second;
}

template <typename Handle>
CUresult Destroy(const char* name, Handle handle) {
  return Call({.name = name, .rules = kSurvives}, [&](State& s) {
    FindGraph(s, handle);
    s.graphs.erase(reinterpret_cast<std::uintptr_t>(handle) - kFirstGraph);
    return CUDA_SUCCESS;
  });
}

}  // namespace

CUresult cuStreamBeginCapture_v2(CUstream stream, CUstreamCaptureMode mode) {
  return Call({.name = __func__, .stream = stream}, [&](State& s) {
    if (mode != CU_STREAM_CAPTURE_MODE_THREAD_LOCAL || thread().mode == CU_STREAM_CAPTURE_MODE_RELAXED) {
      throw Breach{CUDA_ERROR_INVALID_VALUE, "a capture that is not strict on its thread"};
    }
    s.FindStream(stream);
    thread().captured = stream;
    thread().recorded.clear();
    return CUDA_SUCCESS;
  });
}

CUresult cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  return Call({.name = __func__, .rules = kEndsCapture, .stream = stream}, [&](State& s) {
    if (std::exchange(thread().captured, nullptr) != stream) {
      throw Breach{CUDA_ERROR_INVALID_VALUE, "a stream that is not captured"};
    }
    *Required(graph) = GraphHandle(++s.made_graphs);
    s.graphs[s.made_graphs] = std::move(thread().recorded);
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphGetNodes(CUgraph graph, CUgraphNode* nodes, size_t* count) {
  return Call({.name = __func__}, [&](State& s) {
    Graph& of = FindGraph(s, graph);
    if (nodes != nullptr) {
      for (std::size_t i = 0; i < *count; ++i) nodes[i] = reinterpret_cast<CUgraphNode>(&of.at(i));
    }
    *Required(count) = of.size();
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphNodeGetType(CUgraphNode node, CUgraphNodeType* type) {
  return Call({.name = __func__}, [&](State& s) {
    const bool is_run = reinterpret_cast<const GraphNode*>(node)->run != nullptr;
    *Required(type) = is_run ? s.node_type : CU_GRAPH_NODE_TYPE_MEMCPY;
    return CUDA_SUCCESS;
  });
}

// Of a run: a copy from memory of the host that is nobody's.
CUresult cuGraphMemcpyNodeGetParams(CUgraphNode node, CUDA_MEMCPY3D* copy) {
  return Call({.name = __func__}, [&](State&) {
    const auto* const recorded = reinterpret_cast<const GraphNode*>(node);
    *Required(copy) = recorded->copy;
    if (recorded->run == nullptr) return CUDA_SUCCESS;
    copy->srcMemoryType = CU_MEMORYTYPE_HOST;
    copy->dstMemoryType = CU_MEMORYTYPE_DEVICE;
    copy->WidthInBytes = 8;
    copy->Height = copy->Depth = 1;
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec* exec, CUgraph graph, unsigned long long) {
  return Call({.name = __func__}, [&](State& s) {
    s.graphs[++s.made_graphs] = FindGraph(s, graph);
    *Required(exec) = reinterpret_cast<CUgraphExec>(GraphHandle(s.made_graphs));
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphDestroy(CUgraph graph) { return Destroy(__func__, graph); }
CUresult cuGraphExecDestroy(CUgraphExec exec) { return Destroy(__func__, exec); }

// The runs are done at once, like those that are not captured.
CUresult cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  Graph runs;
  const CUresult result = Call({.name = __func__, .stream = stream}, [&](State& s) {
    s.FindStream(stream);
    s.streams.Run(stream);
    runs = FindGraph(s, exec);
    return CUDA_SUCCESS;
  });
  for (const GraphNode& node : runs) {
    const CUDA_MEMCPY3D& copy = node.copy;
    if (node.run != nullptr) {
      node.run(node.context.get());
    } else if (copy.dstMemoryType == CU_MEMORYTYPE_HOST) {
      std::memcpy(copy.dstHost, reinterpret_cast<const void*>(copy.srcDevice), copy.WidthInBytes);
    } else {
      const bool from_host = copy.srcMemoryType == CU_MEMORYTYPE_HOST;
      std::memmove(reinterpret_cast<void*>(copy.dstDevice),
                   from_host ? copy.srcHost : reinterpret_cast<const void*>(copy.srcDevice),
                   copy.WidthInBytes);
    }
  }
  return result;
}

bool fake_cuda_record(CUstream stream, void (*run)(void*), void* context, void (*free)(void*)) {
  if (thread().captured != stream) return false;
  thread().recorded.push_back({.run = run, .context = {context, free}});
  return true;
}

void fake_cuda_set_node_type(CUgraphNodeType type) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.node_type = type;
}
