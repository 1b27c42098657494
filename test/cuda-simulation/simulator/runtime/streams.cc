// libcudart.so.13: streams and events.
#include "runtime/runtime.h"

using namespace sim;

namespace {

cudaError_t MakeStream(const char* name, cudaStream_t* stream, bool blocking) {
  return Run(name, kUsual, "", [&](State& s, auto& detail) {
    Stream* made = s.CreateStream(CurrentDevice(), blocking);
    detail = Name(*made) + (blocking ? " blocking" : "");
    return *stream = reinterpret_cast<cudaStream_t>(made), CUDA_SUCCESS;
  });
}

cudaError_t MakeEvent(const char* name, cudaEvent_t* event, unsigned flags) {
  return Run(name, kUsual, "", [&](State& s, auto& detail) {
    Event* made = s.CreateEvent(CurrentDevice(), flags);
    detail = Format("e%d", made->number);
    return *event = reinterpret_cast<cudaEvent_t>(made), CUDA_SUCCESS;
  });
}

}  // namespace

RUNTIME_EXPORT cudaStreamCreate(cudaStream_t* stream) { return MakeStream(__func__, stream, true); }
RUNTIME_EXPORT cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned int flags) {
  return MakeStream(__func__, stream, (flags & cudaStreamNonBlocking) == 0);
}
RUNTIME_EXPORT cudaStreamDestroy(cudaStream_t stream) {
  return Run(__func__, kSurvives, On(stream),
             [&](State& s, auto&) { return s.DestroyStream(stream), CUDA_SUCCESS; });
}
RUNTIME_EXPORT cudaStreamSynchronize(cudaStream_t stream) {
  NULL_MODE(cudaSuccess);
  return Run(__func__, kUsual, On(stream),
             [&](State& s, auto&) { return s.Synchronize(s.FindStream(stream)), CUDA_SUCCESS; });
}
RUNTIME_EXPORT cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned int) {
  NULL_MODE(cudaSuccess);
  return Run(__func__, kUsual, On(stream), [&](State& s, auto& detail) {
    detail += Format(" e%d", s.FindEvent(event).number);
    return s.Wait(s.FindStream(stream), s.FindEvent(event)), CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaEventCreate(cudaEvent_t* event) { return MakeEvent(__func__, event, 0); }
RUNTIME_EXPORT cudaEventCreateWithFlags(cudaEvent_t* event, unsigned int flags) {
  return MakeEvent(__func__, event, flags);
}
RUNTIME_EXPORT cudaEventDestroy(cudaEvent_t event) {
  return Run(__func__, kSurvives, "", [&](State& s, auto&) { return s.DestroyEvent(event), CUDA_SUCCESS; });
}
RUNTIME_EXPORT cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  NULL_MODE(cudaSuccess);
  return Run(__func__, kUsual, On(stream), [&](State& s, auto& detail) {
    detail += Format(" e%d", s.FindEvent(event).number);
    return s.Record(s.FindStream(stream), s.FindEvent(event)), CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaEventSynchronize(cudaEvent_t event) {
  return Run(__func__, kUnsafe, "", [&](State& s, auto& detail) {
    detail += Format("e%d", s.FindEvent(event).number);
    return s.SynchronizeEvent(s.FindEvent(event)), CUDA_SUCCESS;
  });
}
RUNTIME_EXPORT cudaEventElapsedTime(float* ms, cudaEvent_t, cudaEvent_t) { return *ms = 0.001f, cudaSuccess; }
