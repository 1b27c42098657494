// A graph: what a run puts on a stream, recorded once and launched by later runs. The addon captures it
// itself, so that it sees the nodes before anything of the graph is launched.
#pragma once

#include <functional>

#include "cuda_device.h"

namespace device::cuda {

class CudaGraph {
 public:
  // Records what `run` puts on the stream, which executes nothing of it. `host`: memory of the host that the
  // run may copy. Throws ERR_GRAPH_CAPTURE, and the stream is as before. The caller holds the device lock.
  CudaGraph(CudaDevice& device, CUstream stream, const HostUse& host, const std::function<void()>& run);
  ~CudaGraph();
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  void Launch(CUstream stream) { device_.Check(driver().cuGraphLaunch(exec_, stream), "cuGraphLaunch"); }

 private:
  CudaDevice& device_;
  CUgraphExec exec_ = nullptr;
};

}  // namespace device::cuda
