// The CUDA driver, opened at run time: its ABI is the same for every version of CUDA, so one binary serves
// them all.
#pragma once

#include <string>

#include "driver_types.h"

namespace device::cuda {

struct Driver {
#define CUDA_FUNCTION(name, params) CUresult(CUDAAPI* name) params;
#include "driver_functions.inc"
#undef CUDA_FUNCTION
};

// The driver, opened and initialised by the first who asks. Any thread. Throws ERR_CUDA_DRIVER_NOT_FOUND,
// ERR_CUDA_DRIVER_VERSION, ERR_CUDA_NO_DEVICE, ERR_CUDA_*; the next call then tries again.
const Driver& OpenDriver();

// The driver that is open; by then a device is.
const Driver& driver() noexcept;

// Throws ERR_CUDA_ and the driver's name of the error.
[[noreturn]] void Throw(CUresult error, const char* call);

// Whether the context is gone with it, and everything in the context.
bool IsFatal(CUresult error) noexcept;

}  // namespace device::cuda
