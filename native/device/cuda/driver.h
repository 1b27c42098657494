// The CUDA driver, opened at run time. Its ABI is stable, so one binary serves every version of CUDA.
#pragma once

#include <string>

#include "driver_types.h"

namespace device::cuda {

struct Driver {
#define CUDA_FUNCTION(name, params) CUresult(CUDAAPI* name) params;
#include "driver_functions.inc"
#undef CUDA_FUNCTION
};

// Any thread. The first call opens and initializes the driver. Throws ERR_CUDA_DRIVER_NOT_FOUND,
// ERR_CUDA_DRIVER_VERSION, ERR_CUDA_NO_DEVICE, ERR_CUDA_*; the next call then tries again.
const Driver& OpenDriver();

// The driver that OpenDriver has opened.
const Driver& driver() noexcept;

// The driver's name for an error, CUDA_ERROR_*, or the number of one that it does not know.
std::string Name(CUresult error);

// Throws the error with the code ERR_CUDA_ and the driver's name for it.
[[noreturn]] void Throw(CUresult error, const char* call);

// Whether the error destroys the context, and everything in it.
bool IsFatal(CUresult error) noexcept;

}  // namespace device::cuda
