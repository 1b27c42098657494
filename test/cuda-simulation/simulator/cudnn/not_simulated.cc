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
NOT_SIMULATED(cudnnCreateRNNDataDescriptor, kNotSupported)
NOT_SIMULATED(cudnnDestroyRNNDataDescriptor, kNotSupported)
NOT_SIMULATED(cudnnSetRNNDataDescriptor, kNotSupported)
NOT_SIMULATED(cudnnCreateRNNDescriptor, kNotSupported)
NOT_SIMULATED(cudnnDestroyRNNDescriptor, kNotSupported)
NOT_SIMULATED(cudnnSetRNNDescriptor_v8, kNotSupported)
NOT_SIMULATED(cudnnGetRNNTempSpaceSizes, kNotSupported)
NOT_SIMULATED(cudnnGetRNNWeightParams, kNotSupported)
NOT_SIMULATED(cudnnGetRNNWeightSpaceSize, kNotSupported)
NOT_SIMULATED(cudnnRNNForward, kNotSupported)
