// libcudnn.so.9: what is not simulated.
#include "core/not_simulated.h"

namespace {

constexpr int kNotSupported = 3000;

}  // namespace

NOT_SIMULATED(cudnnBatchNormalizationForwardTraining, kNotSupported)
NOT_SIMULATED(cudnnCreateLRNDescriptor, kNotSupported)
NOT_SIMULATED(cudnnDestroyLRNDescriptor, kNotSupported)
NOT_SIMULATED(cudnnSetLRNDescriptor, kNotSupported)
NOT_SIMULATED(cudnnLRNCrossChannelForward, kNotSupported)
