#include "cuda_graph.h"

#include <algorithm>

#include "runtime.h"

namespace device::cuda {
namespace {

// Calls that a graph cannot hold, such as an allocation, fail on this thread, and on no other. In relaxed
// mode they would do half of their work, and later runs would be wrong.
class StrictMode {
 public:
  explicit StrictMode(CudaDevice& device) {
    device.Check(driver().cuThreadExchangeStreamCaptureMode(&mode_), "cuThreadExchangeStreamCaptureMode");
  }
  ~StrictMode() { driver().cuThreadExchangeStreamCaptureMode(&mode_); }
  StrictMode(const StrictMode&) = delete;
  StrictMode& operator=(const StrictMode&) = delete;

 private:
  CUstreamCaptureMode mode_ = CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
};

// The nodes, until the executable graph exists.
class Nodes {
 public:
  Nodes() = default;
  ~Nodes() {
    if (graph != nullptr) driver().cuGraphDestroy(graph);
  }
  Nodes(const Nodes&) = delete;
  Nodes& operator=(const Nodes&) = delete;
  CUgraph graph = nullptr;
};

bool Within(const std::vector<HostRange>& ranges, const void* first, size_t bytes) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const HostRange& range) {
    const auto* at = static_cast<const char*>(first);
    return at >= range.first && at + bytes <= range.first + range.bytes;
  });
}

// Why a replay would be wrong; empty: it would not. Memory of the host is ONNX Runtime's, and is gone then,
// unless it is the binding's own.
std::string Refusal(CudaDevice& device, CUgraphNode node, const HostUse& host) {
  CUgraphNodeType type{};
  device.Check(driver().cuGraphNodeGetType(node, &type), "cuGraphNodeGetType");
  if (type == CU_GRAPH_NODE_TYPE_HOST) return "a node calls a function of the host";
  if (type == CU_GRAPH_NODE_TYPE_GRAPH) return "a node launches another graph";
  if (type != CU_GRAPH_NODE_TYPE_MEMCPY) return {};
  CUDA_MEMCPY3D copy{};  // NOLINT(bugprone-invalid-enum-default-initialization): CUDA fills it in
  device.Check(driver().cuGraphMemcpyNodeGetParams(node, &copy), "cuGraphMemcpyNodeGetParams");
  const size_t bytes = copy.WidthInBytes * copy.Height * copy.Depth;
  const std::string size = std::to_string(bytes) + " bytes";
  if (copy.srcMemoryType != CU_MEMORYTYPE_DEVICE && !Within(host.touched, copy.srcHost, bytes)) {
    return "a node reads " + size + " of host memory, which a replay would not find";
  }
  if (copy.dstMemoryType != CU_MEMORYTYPE_DEVICE && !Within(host.written, copy.dstHost, bytes)) {
    return "a node has the host read " + size + " of its results, which a replay omits";
  }
  return {};
}

std::string Refusal(CudaDevice& device, CUgraph graph, const HostUse& host) {
  if (graph == nullptr) return {};
  size_t count = 0;
  device.Check(driver().cuGraphGetNodes(graph, nullptr, &count), "cuGraphGetNodes");
  std::vector<CUgraphNode> nodes(count);
  device.Check(driver().cuGraphGetNodes(graph, nodes.data(), &count), "cuGraphGetNodes");
  for (CUgraphNode node : nodes) {
    if (std::string why = Refusal(device, node, host); !why.empty()) return why;
  }
  return {};
}

// Whether it is an error of the addon's own copies that has nothing to do with the capture.
bool IsOwn(const ort::Error& error) {
  return error.code().starts_with("ERR_CUDA_") && !error.code().starts_with("ERR_CUDA_STREAM_CAPTURE");
}

}  // namespace

CudaGraph::CudaGraph(CudaDevice& device, CUstream stream, const HostUse& host,
                     const std::function<void()>& run)
    : device_(device) {
  Nodes nodes;
  std::optional<ort::Error> failed;
  CUresult ended = CUDA_SUCCESS;
  {
    const StrictMode mode(device);
    device.Check(driver().cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
                 "cuStreamBeginCapture");
    ort::CatchInto(failed, run);
    ended = driver().cuStreamEndCapture(stream, &nodes.graph);
  }
  const bool invalid = ended >= CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED && ended != CUDA_ERROR_UNKNOWN;
  if (!invalid) device.Check(ended, "cuStreamEndCapture");
  if (failed && IsOwn(*failed)) {
    ForgetRuntimeError();
    throw *failed;
  }
  // What a node needs of the host comes first: without it the run itself is likely to have failed.
  std::string why = Refusal(device, nodes.graph, host);
  if (why.empty() && failed) why = failed->what();
  if (why.empty() && invalid) why = "cuStreamEndCapture failed (" + Name(ended) + ")";
  if (!why.empty()) {
    ForgetRuntimeError();
    throw ort::Error("ERR_GRAPH_CAPTURE", "cannot capture: " + why);
  }
  device.Check(driver().cuGraphInstantiateWithFlags(&exec_, nodes.graph, 0), "cuGraphInstantiate");
}

CudaGraph::~CudaGraph() {
  const ContextScope scope(device_, std::nothrow);
  if (scope) driver().cuGraphExecDestroy(exec_);
}

}  // namespace device::cuda
