// libcudart.so.13: stream capture and graphs.
#include "runtime/runtime.h"

using namespace sim;

RUNTIME_EXPORT cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  return Run(__func__, kUsual, On(stream) + Format(" mode %d", mode), [&](State& s, auto&) {
    return s.BeginCapture(s.FindStream(stream), static_cast<CUstreamCaptureMode>(mode)), CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  return Run(__func__, kUsual, On(stream), [&](State& s, auto& detail) {
    *graph = nullptr;
    auto captured = s.EndCapture(s.FindStream(stream));
    detail += Format(" %zu nodes", captured->nodes.size());
    return *graph = reinterpret_cast<cudaGraph_t>(new std::shared_ptr<Graph>(captured)), CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  if (sim::null_mode) return *status = cudaStreamCaptureStatusNone, cudaSuccess;
  return Run(__func__, kUsual, On(stream), [&](State& s, auto&) {
    const Stream& of = s.FindStream(stream);
    *status = of.capture == nullptr         ? cudaStreamCaptureStatusNone
              : of.capture->invalid.empty() ? cudaStreamCaptureStatusActive
                                            : cudaStreamCaptureStatusInvalidated;
    return CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
  return Run(__func__, kUsual, "", [&](State&, auto& detail) {
    const auto& of = *reinterpret_cast<std::shared_ptr<Graph>*>(graph);
    detail = Format("%zu nodes", of->nodes.size());
    return *exec = reinterpret_cast<cudaGraphExec_t>(new std::shared_ptr<Graph>(of)), CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  NULL_MODE(cudaSuccess);
  return Run(__func__, kUsual, On(stream), [&](State& s, auto&) {
    return s.LaunchGraph(s.FindStream(stream), *reinterpret_cast<std::shared_ptr<Graph>*>(exec)),
           CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaGraphDestroy(cudaGraph_t graph) {
  return Run(__func__, kSurvives, "", [&](State&, auto&) {
    return delete reinterpret_cast<std::shared_ptr<Graph>*>(graph), CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaGraphExecDestroy(cudaGraphExec_t exec) {
  return Run(__func__, kSurvives, "", [&](State&, auto&) {
    return delete reinterpret_cast<std::shared_ptr<Graph>*>(exec), CUDA_SUCCESS;
  });
}
