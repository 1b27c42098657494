// libcuda.so.1: streams and events.
#include "driver/driver.h"

using namespace sim;

DRIVER_EXPORT cuStreamCreate(CUstream* stream, unsigned int flags) {
  return Call(__func__, kUsual, "", [&](State& s, auto& detail) {
    NeedContext();
    Stream* made = s.CreateStream(CurrentDevice(), (flags & CU_STREAM_NON_BLOCKING) == 0);
    detail = Name(*made);
    return *stream = reinterpret_cast<CUstream>(made), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuStreamDestroy_v2(CUstream stream) {
  return Call(__func__, kSurvives, On(stream),
              [&](State& s, auto&) { return s.DestroyStream(stream), CUDA_SUCCESS; });
}
DRIVER_EXPORT cuStreamSynchronize(CUstream stream) {
  NULL_MODE(CUDA_SUCCESS);
  return Call(__func__, kUsual, On(stream), [&](State& s, auto&) {
    NeedContext();
    return s.Synchronize(s.FindStream(stream)), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuStreamQuery(CUstream stream) {
  NULL_MODE(CUDA_SUCCESS);
  return Call(__func__, kUnsafe, On(stream), [&](State& s, auto&) {
    NeedContext();
    return s.Query(s.FindStream(stream)) ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
  });
}
DRIVER_EXPORT cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int) {
  return Call(__func__, kUsual, On(stream), [&](State& s, auto& detail) {
    NeedContext();
    detail += Format(" e%d", s.FindEvent(event).number);
    return s.Wait(s.FindStream(stream), s.FindEvent(event)), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuEventCreate(CUevent* event, unsigned int flags) {
  return Call(__func__, kUsual, "", [&](State& s, auto& detail) {
    NeedContext();
    Event* made = s.CreateEvent(CurrentDevice(), flags);
    detail = Format("e%d", made->number);
    return *event = reinterpret_cast<CUevent>(made), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuEventDestroy_v2(CUevent event) {
  return Call(__func__, kSurvives, "", [&](State& s, auto&) { return s.DestroyEvent(event), CUDA_SUCCESS; });
}
DRIVER_EXPORT cuEventRecord(CUevent event, CUstream stream) {
  NULL_MODE(CUDA_SUCCESS);
  return Call(__func__, kUsual, On(stream), [&](State& s, auto& detail) {
    NeedContext();
    detail += Format(" e%d", s.FindEvent(event).number);
    return s.Record(s.FindStream(stream), s.FindEvent(event)), CUDA_SUCCESS;
  });
}
DRIVER_EXPORT cuEventQuery(CUevent event) {
  NULL_MODE(CUDA_SUCCESS);
  return Call(__func__, kUnsafe, "", [&](State& s, auto& detail) {
    NeedContext();
    detail += Format("e%d", s.FindEvent(event).number);
    return s.Query(s.FindEvent(event).last) ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
  });
}
DRIVER_EXPORT cuEventSynchronize(CUevent event) {
  NULL_MODE(CUDA_SUCCESS);
  return Call(__func__, kUnsafe, "", [&](State& s, auto& detail) {
    NeedContext();
    detail += Format("e%d", s.FindEvent(event).number);
    return s.SynchronizeEvent(s.FindEvent(event)), CUDA_SUCCESS;
  });
}
