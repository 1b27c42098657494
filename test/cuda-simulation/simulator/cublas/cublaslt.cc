// libcublasLt.so.13: handles; no multiplication is simulated.
#include "core/not_simulated.h"

SIM_EXPORT int cublasLtCreate(void** handle) { return *handle = new char, 0; }
SIM_EXPORT int cublasLtDestroy(void* handle) { return delete static_cast<char*>(handle), 0; }
NOT_SIMULATED(cublasLtMatmul, 15)
NOT_SIMULATED(cublasLtMatmulAlgoConfigSetAttribute, 15)
NOT_SIMULATED(cublasLtMatmulAlgoGetHeuristic, 15)
NOT_SIMULATED(cublasLtMatmulAlgoInit, 15)
NOT_SIMULATED(cublasLtMatmulDescCreate, 15)
NOT_SIMULATED(cublasLtMatmulDescDestroy, 15)
NOT_SIMULATED(cublasLtMatmulDescSetAttribute, 15)
NOT_SIMULATED(cublasLtMatmulPreferenceCreate, 15)
NOT_SIMULATED(cublasLtMatmulPreferenceDestroy, 15)
NOT_SIMULATED(cublasLtMatmulPreferenceSetAttribute, 15)
NOT_SIMULATED(cublasLtMatrixLayoutCreate, 15)
NOT_SIMULATED(cublasLtMatrixLayoutDestroy, 15)
NOT_SIMULATED(cublasLtMatrixLayoutSetAttribute, 15)
NOT_SIMULATED(cublasLtMatrixTransform, 15)
NOT_SIMULATED(cublasLtMatrixTransformDescCreate, 15)
NOT_SIMULATED(cublasLtMatrixTransformDescDestroy, 15)
