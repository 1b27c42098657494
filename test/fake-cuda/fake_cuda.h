// What tests may ask of the fake CUDA driver beside the driver's own functions. Exported by the same library,
// so that whoever has opened the driver can find these too. Any thread may call any of them.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "device/cuda/driver_types.h"

#define FAKE_CUDA_EXPORT extern "C" __attribute__((visibility("default")))

// The driver itself, as the addon resolves it.
#define CUDA_FUNCTION(name, params) FAKE_CUDA_EXPORT CUresult CUDAAPI name params;
#include "device/cuda/driver_functions.inc"
#undef CUDA_FUNCTION

struct FakeCudaCall {
  uint64_t sequence;  // goes on counting when the log is cleared
  const char* name;   // lives for ever
  int thread;         // numbered from 1 by first call
  int stream;         // numbered from 1 by creation; 0: none
  uint64_t bytes;
  CUresult result;
};

struct FakeCudaLive {
  uint64_t device_blocks, device_bytes, peak_device_bytes;
  uint64_t pinned_blocks, pinned_bytes, peak_pinned_bytes;
  uint64_t streams, events;
  uint64_t primary_retains;  // of all devices
  uint64_t context_depth;    // contexts that the calling thread has pushed and not popped
};

// Forgets faults (a sticky one too), records, peaks and capturing. What is alive stays alive, and the driver
// initialised.
FAKE_CUDA_EXPORT void fake_cuda_reset();

// The n-th call from now (1: the next) of that function, or of any when the name is null, gives that result
// and does nothing else. Sticky: so do all later calls, until the reset, but those that free, destroy, push,
// pop or exchange the capture mode; and what is queued is never done. False for a function that the driver
// does not have, for n = 0 and for CUDA_SUCCESS.
FAKE_CUDA_EXPORT bool fake_cuda_fail(const char* name, uint64_t n, CUresult code, bool sticky);
// How many of these have not struck yet: a sweep over every n ends when one is left.
FAKE_CUDA_EXPORT size_t fake_cuda_pending_faults();

// As if another thread captured a graph in global mode: from a thread in that mode too, to allocate or free
// is refused. Reports from the field say that cuEventQuery then breaks the capture as well; event_queries
// refuses it.
FAKE_CUDA_EXPORT void fake_cuda_set_capturing(bool capturing, bool event_queries);

// The stand-in for a kernel: does what that stream has queued, and of other streams what its event waits ask
// for, no more. It is in the log of calls, but no fault strikes it.
FAKE_CUDA_EXPORT CUresult fake_cuda_flush(CUstream stream);
// The same for all streams; not in the log.
FAKE_CUDA_EXPORT void fake_cuda_flush_all();

// Copies out what fits and gives back how many there are. The oldest go when there are too many.
FAKE_CUDA_EXPORT size_t fake_cuda_calls(FakeCudaCall* calls, size_t capacity);
FAKE_CUDA_EXPORT void fake_cuda_clear_calls();
FAKE_CUDA_EXPORT FakeCudaLive fake_cuda_live();

// Misuses so far, those of memory that is still allocated included (its canaries are looked at now).
FAKE_CUDA_EXPORT size_t fake_cuda_violations();
// The length of one of them, whose text is cut off to fit. 0 where there is none.
FAKE_CUDA_EXPORT size_t fake_cuda_violation(size_t index, char* text, size_t capacity);
