// The CUDA runtime, which the provider brings into the process: the addon itself uses the driver.
#pragma once

namespace device::cuda {

// A capture that fails leaves an error on its thread, which ONNX Runtime would find in its next run.
void ForgetRuntimeError() noexcept;

}  // namespace device::cuda
