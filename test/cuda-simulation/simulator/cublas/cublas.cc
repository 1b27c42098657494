// libcublas.so.13: handles, sums and copies.
#include "core/not_simulated.h"
#include "cublas/types.h"

using namespace sim;
using namespace sim::cublas;

namespace {

template <typename T>
int Geam(const char* name, void* handle, int ta, int tb, int m, int n, const T* alpha, const T* a, int lda,
         const T* beta, const T* b, int ldb, T* c, int ldc) {
  const T x = *alpha, y = *beta;
  return Submit(name, handle, Format("%dx%d", m, n), [=] {
    std::uint8_t* to = At(c, Extent(m, n, ldc, sizeof(T) == 4 ? kF32 : kF64));
    const std::uint8_t* from_a = x != 0 ? At(a, sizeof(T)) : nullptr;
    const std::uint8_t* from_b = y != 0 ? At(b, sizeof(T)) : nullptr;
    for (int j = 0; j < n; ++j) {
      for (int i = 0; i < m; ++i) {
        T sum = 0;
        const auto add = [&](const std::uint8_t* from, bool t, int ld, T factor) {
          if (from == nullptr) return;
          T value;
          std::memcpy(&value,
                      from + sizeof(T) * (t ? static_cast<std::size_t>(i) * ld + j
                                            : static_cast<std::size_t>(j) * ld + i),
                      sizeof value);
          sum += factor * value;
        };
        add(from_a, ta != 0, lda, x);
        add(from_b, tb != 0, ldb, y);
        std::memcpy(to + sizeof(T) * (static_cast<std::size_t>(j) * ldc + i), &sum, sizeof sum);
      }
    }
  });
}

template <typename T>
int CopyVector(const char* name, void* handle, int n, const T* x, int step_x, T* y, int step_y) {
  return Submit(name, handle, Format("%d", n), [=] {
    for (int i = 0; i < n; ++i) {
      std::memcpy(At(y + static_cast<std::ptrdiff_t>(i) * step_y, sizeof(T)),
                  At(x + static_cast<std::ptrdiff_t>(i) * step_x, sizeof(T)), sizeof(T));
    }
  });
}

}  // namespace

SIM_EXPORT int cublasCreate_v2(void** handle) { return *handle = new Handle, kSuccess; }
SIM_EXPORT int cublasDestroy_v2(void* handle) { return delete static_cast<Handle*>(handle), kSuccess; }
SIM_EXPORT int cublasSetStream_v2(void* handle, void* stream) {
  return static_cast<Handle*>(handle)->stream = stream, kSuccess;
}
SIM_EXPORT int cublasSetMathMode(void* handle, int mode) {
  return static_cast<Handle*>(handle)->math_mode = mode, kSuccess;
}
SIM_EXPORT int cublasGetMathMode(void* handle, int* mode) {
  return *mode = static_cast<Handle*>(handle)->math_mode, kSuccess;
}
SIM_EXPORT const char* cublasGetStatusName(int status) {
  return status == kSuccess ? "CUBLAS_STATUS_SUCCESS" : "CUBLAS_STATUS_EXECUTION_FAILED";
}
SIM_EXPORT const char* cublasGetStatusString(int status) { return cublasGetStatusName(status); }
SIM_EXPORT int cublasSgeam(void* handle, int ta, int tb, int m, int n, const float* alpha, const float* a,
                           int lda, const float* beta, const float* b, int ldb, float* c, int ldc) {
  return Geam(__func__, handle, ta, tb, m, n, alpha, a, lda, beta, b, ldb, c, ldc);
}
SIM_EXPORT int cublasDgeam(void* handle, int ta, int tb, int m, int n, const double* alpha, const double* a,
                           int lda, const double* beta, const double* b, int ldb, double* c, int ldc) {
  return Geam(__func__, handle, ta, tb, m, n, alpha, a, lda, beta, b, ldb, c, ldc);
}
SIM_EXPORT int cublasScopy_v2(void* handle, int n, const float* x, int step_x, float* y, int step_y) {
  return CopyVector(__func__, handle, n, x, step_x, y, step_y);
}
SIM_EXPORT int cublasDcopy_v2(void* handle, int n, const double* x, int step_x, double* y, int step_y) {
  return CopyVector(__func__, handle, n, x, step_x, y, step_y);
}
SIM_EXPORT int cublasSscal_v2(void* handle, int n, const float* alpha, float* x, int step) {
  const float factor = *alpha;
  return Submit(__func__, handle, Format("%d", n), [=] {
    for (int i = 0; i < n; ++i) {
      std::uint8_t* at = At(x + static_cast<std::ptrdiff_t>(i) * step, 4);
      Store(at, kF32, Load(at, kF32) * static_cast<double>(factor));
    }
  });
}
NOT_SIMULATED(cublasDgetrfBatched, kNotSupported)
NOT_SIMULATED(cublasDgetriBatched, kNotSupported)
NOT_SIMULATED(cublasSgetrfBatched, kNotSupported)
NOT_SIMULATED(cublasSgetriBatched, kNotSupported)
