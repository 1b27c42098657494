// libcublas.so.13: products of matrices.
#include "cublas/gemm.h"

using namespace sim::cublas;

SIM_EXPORT int cublasSgemm_v2(void* handle, int ta, int tb, int m, int n, int k, const float* alpha,
                              const float* a, int lda, const float* b, int ldb, const float* beta, float* c,
                              int ldc) {
  return Single(__func__, handle,
                {ta != 0, tb != 0, m, n, k, *alpha, *beta, a, kF32, lda, b, kF32, ldb, c, kF32, ldc}, k32F);
}
SIM_EXPORT int cublasDgemm_v2(void* handle, int ta, int tb, int m, int n, int k, const double* alpha,
                              const double* a, int lda, const double* b, int ldb, const double* beta,
                              double* c, int ldc) {
  return Single(__func__, handle,
                {ta != 0, tb != 0, m, n, k, *alpha, *beta, a, kF64, lda, b, kF64, ldb, c, kF64, ldc}, k64F);
}
SIM_EXPORT int cublasGemmEx(void* handle, int ta, int tb, int m, int n, int k, const void* alpha,
                            const void* a, int a_type, int lda, const void* b, int b_type, int ldb,
                            const void* beta, void* c, int c_type, int ldc, int compute, int) {
  return Single(__func__, handle,
                {ta != 0, tb != 0, m, n, k, Scalar(alpha, compute), Scalar(beta, compute), a, a_type, lda, b,
                 b_type, ldb, c, c_type, ldc},
                compute);
}
SIM_EXPORT int cublasSgemmStridedBatched(void* handle, int ta, int tb, int m, int n, int k,
                                         const float* alpha, const float* a, int lda, long long sa,
                                         const float* b, int ldb, long long sb, const float* beta, float* c,
                                         int ldc, long long sc, int batch) {
  return Strided(__func__, handle,
                 {ta != 0, tb != 0, m, n, k, *alpha, *beta, a, kF32, lda, b, kF32, ldb, c, kF32, ldc}, k32F,
                 sa, sb, sc, batch);
}
SIM_EXPORT int cublasDgemmStridedBatched(void* handle, int ta, int tb, int m, int n, int k,
                                         const double* alpha, const double* a, int lda, long long sa,
                                         const double* b, int ldb, long long sb, const double* beta,
                                         double* c, int ldc, long long sc, int batch) {
  return Strided(__func__, handle,
                 {ta != 0, tb != 0, m, n, k, *alpha, *beta, a, kF64, lda, b, kF64, ldb, c, kF64, ldc}, k64F,
                 sa, sb, sc, batch);
}
SIM_EXPORT int cublasGemmStridedBatchedEx(void* handle, int ta, int tb, int m, int n, int k,
                                          const void* alpha, const void* a, int a_type, int lda, long long sa,
                                          const void* b, int b_type, int ldb, long long sb, const void* beta,
                                          void* c, int c_type, int ldc, long long sc, int batch, int compute,
                                          int) {
  return Strided(__func__, handle,
                 {ta != 0, tb != 0, m, n, k, Scalar(alpha, compute), Scalar(beta, compute), a, a_type, lda, b,
                  b_type, ldb, c, c_type, ldc},
                 compute, sa, sb, sc, batch);
}
SIM_EXPORT int cublasSgemmBatched(void* handle, int ta, int tb, int m, int n, int k, const float* alpha,
                                  const void* a, int lda, const void* b, int ldb, const float* beta,
                                  const void* c, int ldc, int batch) {
  return Batched(
      __func__, handle,
      {ta != 0, tb != 0, m, n, k, *alpha, *beta, nullptr, kF32, lda, nullptr, kF32, ldb, nullptr, kF32, ldc},
      k32F, a, b, c, batch);
}
SIM_EXPORT int cublasDgemmBatched(void* handle, int ta, int tb, int m, int n, int k, const double* alpha,
                                  const void* a, int lda, const void* b, int ldb, const double* beta,
                                  const void* c, int ldc, int batch) {
  return Batched(
      __func__, handle,
      {ta != 0, tb != 0, m, n, k, *alpha, *beta, nullptr, kF64, lda, nullptr, kF64, ldb, nullptr, kF64, ldc},
      k64F, a, b, c, batch);
}
SIM_EXPORT int cublasGemmBatchedEx(void* handle, int ta, int tb, int m, int n, int k, const void* alpha,
                                   const void* a, int a_type, int lda, const void* b, int b_type, int ldb,
                                   const void* beta, const void* c, int c_type, int ldc, int batch,
                                   int compute, int) {
  return Batched(__func__, handle,
                 {ta != 0, tb != 0, m, n, k, Scalar(alpha, compute), Scalar(beta, compute), nullptr, a_type,
                  lda, nullptr, b_type, ldb, nullptr, c_type, ldc},
                 compute, a, b, c, batch);
}
