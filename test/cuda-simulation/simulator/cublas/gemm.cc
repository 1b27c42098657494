#include "cublas/gemm.h"

#include <algorithm>
#include <vector>

namespace sim::cublas {
namespace {

template <typename T>
std::vector<T> Gather(const void* matrix, int type, int ld, bool transposed, std::size_t rows,
                      std::size_t columns) {
  std::vector<T> to(rows * columns);
  if (to.empty()) return to;
  const int r = static_cast<int>(rows), c = static_cast<int>(columns);
  const std::uint8_t* from = At(matrix, transposed ? Extent(c, r, ld, type) : Extent(r, c, ld, type));
  const std::size_t size = TypeSize(type), step = static_cast<std::size_t>(ld);
  for (std::size_t j = 0; j < columns; ++j) {
    for (std::size_t i = 0; i < rows; ++i) {
      const std::uint8_t* at = from + (transposed ? i * step + j : j * step + i) * size;
      if (type == kF32 && sizeof(T) == 4 && std::is_floating_point_v<T>)
        std::memcpy(&to[j * rows + i], at, 4);
      else
        to[j * rows + i] = static_cast<T>(Load(at, type));
    }
  }
  return to;
}

template <typename T>
void Multiply(const Gemm& g) {
  if (g.m == 0 || g.n == 0) return;
  const std::size_t m = static_cast<std::size_t>(g.m), n = static_cast<std::size_t>(g.n),
                    k = static_cast<std::size_t>(g.k);
  const std::vector<T> a = Gather<T>(g.a, g.a_type, g.lda, g.ta, m, k);
  const std::vector<T> b = Gather<T>(g.b, g.b_type, g.ldb, g.tb, k, n);
  std::vector<T> column(m);
  std::uint8_t* c = At(g.c, Extent(g.m, g.n, g.ldc, g.c_type));
  for (std::size_t j = 0; j < n; ++j) {
    std::fill(column.begin(), column.end(), T{0});
    for (std::size_t p = 0; p < k; ++p) {
      const T factor = b[j * k + p];
      const T* from = &a[p * m];
      for (std::size_t i = 0; i < m; ++i) column[i] += from[i] * factor;
    }
    for (std::size_t i = 0; i < m; ++i) {
      std::uint8_t* to = c + (j * static_cast<std::size_t>(g.ldc) + i) * TypeSize(g.c_type);
      double value = g.alpha * static_cast<double>(column[i]);
      if (g.beta != 0) value += g.beta * Load(to, g.c_type);
      Store(to, g.c_type, value);
    }
  }
}

void Multiply(const Gemm& g, int compute) {
  if (compute == k64F || compute == k64FPedantic)
    Multiply<double>(g);
  else if (compute == k32I || compute == k32IPedantic)
    Multiply<std::int32_t>(g);
  else
    Multiply<float>(g);
}

std::string Sizes(const Gemm& g, int batch = 1) {
  return Format("%c%c %dx%dx%d", g.ta ? 'T' : 'N', g.tb ? 'T' : 'N', g.m, g.n, g.k) +
         (batch != 1 ? Format(" batch %d", batch) : "");
}

}  // namespace

int Single(const char* name, void* handle, const Gemm& g, int compute) {
  return Submit(name, handle, Sizes(g), [g, compute] { Multiply(g, compute); });
}

int Strided(const char* name, void* handle, const Gemm& g, int compute, long long sa, long long sb,
            long long sc, int batch) {
  return Submit(name, handle, Sizes(g, batch), [=] {
    for (int i = 0; i < batch; ++i) {
      Gemm one = g;
      one.a =
          static_cast<const std::uint8_t*>(g.a) + static_cast<std::ptrdiff_t>(TypeSize(g.a_type)) * sa * i;
      one.b =
          static_cast<const std::uint8_t*>(g.b) + static_cast<std::ptrdiff_t>(TypeSize(g.b_type)) * sb * i;
      one.c = static_cast<std::uint8_t*>(g.c) + static_cast<std::ptrdiff_t>(TypeSize(g.c_type)) * sc * i;
      Multiply(one, compute);
    }
  });
}

int Batched(const char* name, void* handle, const Gemm& g, int compute, const void* a, const void* b,
            const void* c, int batch) {
  return Submit(name, handle, Sizes(g, batch), [=] {
    const auto pointer = [batch](const void* array, int i) {
      const std::uint8_t* view = At(array, sizeof(void*) * static_cast<std::size_t>(batch));
      void* value;
      std::memcpy(&value, view + sizeof(void*) * static_cast<std::size_t>(i), sizeof value);
      return value;
    };
    for (int i = 0; i < batch; ++i) {
      Gemm one = g;
      one.a = pointer(a, i);
      one.b = pointer(b, i);
      one.c = pointer(c, i);
      Multiply(one, compute);
    }
  });
}

}  // namespace sim::cublas
