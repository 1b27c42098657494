// The driver's functions for streams and events.
#include <utility>

#include "state.h"

using namespace fake_cuda;

CUresult cuStreamCreate(CUstream* stream, unsigned int flags) {
  return Call({.name = __func__}, [&](State& s) {
    AllowFlags(flags, CU_STREAM_NON_BLOCKING);
    *Required(stream) = s.streams.CreateStream(s.CurrentDevice());
    return CUDA_SUCCESS;
  });
}

CUresult cuStreamDestroy_v2(CUstream stream) {
  return Call({.name = __func__, .rules = kSurvives, .stream = stream}, [&](State& s) {
    s.FindStream(stream);
    s.streams.Destroy(stream);
    return CUDA_SUCCESS;
  });
}

CUresult cuStreamSynchronize(CUstream stream) {
  return Call({.name = __func__, .stream = stream}, [&](State& s) {
    s.FindStream(stream);
    s.streams.Run(stream);
    return CUDA_SUCCESS;
  });
}

// The first query of queued work reports that it is not ready, which exercises a second poll.
CUresult cuStreamQuery(CUstream stream) {
  return Call({.name = __func__, .rules = kEventQuery, .stream = stream}, [&](State& s) {
    Stream& queried = s.FindStream(stream);
    if (queried.work.empty()) return CUDA_SUCCESS;
    if (!std::exchange(queried.queried, true)) return CUDA_ERROR_NOT_READY;
    s.streams.Run(stream);
    queried.queried = false;
    return CUDA_SUCCESS;
  });
}

// The event may belong to another device: devices wait for each other this way.
CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned int flags) {
  return Call({.name = __func__, .stream = stream}, [&](State& s) {
    AllowFlags(flags, 0);
    s.FindStream(stream);
    s.streams.Wait(stream, s.FindAnyEvent(event));
    return CUDA_SUCCESS;
  });
}

CUresult cuEventCreate(CUevent* event, unsigned int flags) {
  return Call({.name = __func__}, [&](State& s) {
    AllowFlags(flags, CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING);
    *Required(event) = s.streams.CreateEvent(s.CurrentDevice());
    return CUDA_SUCCESS;
  });
}

CUresult cuEventDestroy_v2(CUevent event) {
  return Call({.name = __func__, .rules = kSurvives}, [&](State& s) {
    s.FindEvent(event);
    s.streams.Destroy(event);
    return CUDA_SUCCESS;
  });
}

CUresult cuEventRecord(CUevent event, CUstream stream) {
  return Call({.name = __func__, .stream = stream}, [&](State& s) {
    s.FindStream(stream);
    s.streams.Record(s.FindEvent(event), stream);
    return CUDA_SUCCESS;
  });
}

// As cuStreamQuery.
CUresult cuEventQuery(CUevent event) {
  return Call({.name = __func__, .rules = kEventQuery}, [&](State& s) {
    const std::shared_ptr<Mark> mark = s.FindEvent(event).last;
    if (mark == nullptr || mark->done) return CUDA_SUCCESS;
    if (!std::exchange(mark->queried, true)) return CUDA_ERROR_NOT_READY;
    s.streams.RunUntil(mark);
    return CUDA_SUCCESS;
  });
}

CUresult cuEventSynchronize(CUevent event) {
  return Call({.name = __func__}, [&](State& s) {
    if (const std::shared_ptr<Mark> mark = s.FindEvent(event).last) s.streams.RunUntil(mark);
    return CUDA_SUCCESS;
  });
}
