// libcudnn.so.9: reductions.
#include <algorithm>
#include <cmath>
#include <limits>

#include "cudnn/tensor.h"

using namespace sim;
using namespace sim::cudnn;

namespace {

struct Reduce {
  int op = 0, type = kFloat, nan = 0, indices = 0, indices_type = 0;
};

}  // namespace

SIM_EXPORT int cudnnCreateReduceTensorDescriptor(void** d) { return Make<Reduce>(d); }
SIM_EXPORT int cudnnDestroyReduceTensorDescriptor(void* d) { return Drop<Reduce>(d); }
SIM_EXPORT int cudnnSetReduceTensorDescriptor(void* d, int op, int type, int nan, int indices,
                                              int indices_type) {
  return Of<Reduce>(d) = {op, type, nan, indices, indices_type}, kSuccess;
}
SIM_EXPORT int cudnnGetReductionIndicesSize(void*, void*, void*, void* c, std::size_t* bytes) {
  return *bytes = Of<Tensor>(c).Count() * 4, kSuccess;
}
SIM_EXPORT int cudnnGetReductionWorkspaceSize(void*, void*, void*, void*, std::size_t* bytes) {
  return *bytes = 256, kSuccess;
}
SIM_EXPORT int cudnnReduceTensor(void* handle, void* reduce, void* indices, std::size_t, void*, std::size_t,
                                 const void* alpha, void* a, const void* a_data, const void* beta, void* c,
                                 void* c_data) {
  const double x = Scalar(alpha, Of<Tensor>(c).type), y = Scalar(beta, Of<Tensor>(c).type);
  return Submit(
      __func__, handle,
      Format("op %d ", Of<Reduce>(reduce).op) + Dims(Of<Tensor>(a).dims) + " > " + Dims(Of<Tensor>(c).dims),
      [=, r = Of<Reduce>(reduce), at = Of<Tensor>(a), ct = Of<Tensor>(c)] {
        const std::uint8_t* from = At(a_data, at.Extent() * TypeSize(at.type));
        std::uint8_t* to = At(c_data, ct.Extent() * TypeSize(ct.type));
        if (ct.Count() == 1 && at.Extent() == at.Count() && r.indices == 0 &&
            (r.op == 0 || r.op == 2 || r.op == 3)) {  // the common case, quickly
          double value = r.op == 0 ? 0 : Load(from, at.type);
          for (std::size_t n = 0; n < at.Count(); ++n) {
            const double v = Load(from + n * TypeSize(at.type), at.type);
            value = r.op == 0 ? value + v : v != v ? v : r.op == 2 ? std::min(value, v) : std::max(value, v);
          }
          Store(to, ct.type, x * value + (y != 0 ? y * Load(to, ct.type) : 0));
          return;
        }
        std::vector<int> inner = at.dims;
        for (std::size_t d = 0; d < inner.size(); ++d) {
          if (ct.dims[d] != 1 || at.dims[d] == 1) inner[d] = 1;
        }
        std::size_t nth = 0;
        Each(ct.dims, [&](const std::vector<int>& base) {
          double value = r.op == 1 || r.op == 8 ? 1
                         : r.op == 2            ? std::numeric_limits<double>::infinity()
                         : r.op == 3            ? -std::numeric_limits<double>::infinity()
                                                : 0;
          std::int32_t where = 0, n = 0;
          Each(inner, [&](const std::vector<int>& part) {
            std::vector<int> index = base;
            for (std::size_t d = 0; d < part.size(); ++d) index[d] += part[d];
            const double v = Load(from + Offset(at, index) * TypeSize(at.type), at.type);
            switch (r.op) {
              case 0:
              case 5:
                value += v;
                break;
              case 1:
                value *= v;
                break;
              case 2:
                if (v < value) value = v, where = n;
                break;
              case 3:
                if (v > value) value = v, where = n;
                break;
              case 4:
                if (std::fabs(v) > value) value = std::fabs(v), where = n;
                break;
              case 6:
                value += std::fabs(v);
                break;
              case 7:
                value += v * v;
                break;
              default:
                value *= v != 0 ? v : 1;
                break;
            }
            if (v != v) value = v;
            ++n;
          });
          if (r.op == 5) value /= std::max(n, 1);
          if (r.op == 7) value = std::sqrt(value);
          std::uint8_t* out = to + Offset(ct, base) * TypeSize(ct.type);
          Store(out, ct.type, x * value + (y != 0 ? y * Load(out, ct.type) : 0));
          if (r.indices != 0 && indices != nullptr)
            std::memcpy(At(static_cast<std::uint8_t*>(indices) + nth * 4, 4), &where, 4);
          ++nth;
        });
      });
}
