// The control of the fake CUDA driver, exported by the same library. Any thread may call any function.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "device/cuda/driver_types.h"

#define FAKE_CUDA_EXPORT extern "C" __attribute__((visibility("default")))

// The driver's own functions.
#define CUDA_FUNCTION(name, params) FAKE_CUDA_EXPORT CUresult CUDAAPI name params;
#include "device/cuda/driver_functions.inc"
#undef CUDA_FUNCTION

struct FakeCudaCall {
  uint64_t sequence;  // clearing the log does not reset it
  const char* name;   // static
  int thread;         // numbered from 1 by first call
  int stream;         // numbered from 1 by creation; 0: none
  uint64_t bytes;
  CUresult result;
};

struct FakeCudaLive {
  uint64_t device_blocks, device_bytes, peak_device_bytes;
  uint64_t pinned_blocks, pinned_bytes, peak_pinned_bytes;
  uint64_t streams, events, graphs;
  uint64_t primary_retains;  // of all devices
  uint64_t context_depth;    // contexts that the calling thread has pushed and not popped
};

// Forgets faults (sticky ones too), calls, violations, peaks and capturing. Live objects stay, and the driver
// stays initialized.
FAKE_CUDA_EXPORT void fake_cuda_reset();

// The n-th call from now (1: the next) of a function, or of any where the name is null, returns the code and
// has no other effect. Sticky: until the reset so do all later calls, except those that free, destroy, push,
// pop or exchange the capture mode, and queued work is dropped. False for an unknown function, n = 0 and
// CUDA_SUCCESS.
FAKE_CUDA_EXPORT bool fake_cuda_fail(const char* name, uint64_t n, CUresult code, bool sticky);
// The number of faults that have not struck: a sweep over n ends when one is left.
FAKE_CUDA_EXPORT size_t fake_cuda_pending_faults();

// As if another thread captured a graph in global mode: refuses allocations and frees by threads in that
// mode, and with event_queries also cuEventQuery, which is reported to break captures.
FAKE_CUDA_EXPORT void fake_cuda_set_capturing(bool capturing, bool event_queries);

// Stands for a kernel: does the work that is queued on the stream, and the work on other streams that it
// waits for. Logged, but no fault strikes it.
FAKE_CUDA_EXPORT CUresult fake_cuda_flush(CUstream stream);
// The same for all streams; not in the log.
FAKE_CUDA_EXPORT void fake_cuda_flush_all();

// A run of a session on a stream. True where this thread captures the stream: each launch of the graph calls
// `run`, and the last of its owners frees the context.
FAKE_CUDA_EXPORT bool fake_cuda_record(CUstream stream, void (*run)(void*), void* context,
                                       void (*free)(void*));
// What all nodes of graphs are from now on; a copy is from host memory. A reset makes them kernels.
FAKE_CUDA_EXPORT void fake_cuda_set_node_type(CUgraphNodeType type);

// Copies the calls that fit, and returns how many exist. The log drops the oldest when it is full.
FAKE_CUDA_EXPORT size_t fake_cuda_calls(FakeCudaCall* calls, size_t capacity);
FAKE_CUDA_EXPORT void fake_cuda_clear_calls();
FAKE_CUDA_EXPORT FakeCudaLive fake_cuda_live();

// The number of misuses. Checks the canaries of allocated memory first.
FAKE_CUDA_EXPORT size_t fake_cuda_violations();
// The length of a misuse's text, which is truncated to fit. 0 for an invalid index.
FAKE_CUDA_EXPORT size_t fake_cuda_violation(size_t index, char* text, size_t capacity);
