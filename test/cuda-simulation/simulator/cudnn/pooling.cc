// libcudnn.so.9: pooling.
#include <algorithm>
#include <limits>

#include "cudnn/tensor.h"

using namespace sim;
using namespace sim::cudnn;

namespace {

struct Pooling {
  int mode = 0;
  std::vector<int> window, pad, stride;
};

}  // namespace

SIM_EXPORT int cudnnCreatePoolingDescriptor(void** d) { return Make<Pooling>(d); }
SIM_EXPORT int cudnnDestroyPoolingDescriptor(void* d) { return Drop<Pooling>(d); }
SIM_EXPORT int cudnnSetPoolingNdDescriptor(void* d, int mode, int, int n, const int* window, const int* pad,
                                           const int* stride) {
  return Of<Pooling>(d) = {mode, {window, window + n}, {pad, pad + n}, {stride, stride + n}}, kSuccess;
}
SIM_EXPORT int cudnnPoolingForward(void* handle, void* pooling, const void* alpha, void* x,
                                   const void* x_data, const void* beta, void* y, void* y_data) {
  const double a = Scalar(alpha, Of<Tensor>(y).type), b = Scalar(beta, Of<Tensor>(y).type);
  return Submit(__func__, handle, Dims(Of<Tensor>(x).dims),
                [=, p = Of<Pooling>(pooling), xt = Of<Tensor>(x), yt = Of<Tensor>(y)] {
                  const std::uint8_t* from = At(x_data, xt.Extent() * TypeSize(xt.type));
                  std::uint8_t* to = At(y_data, yt.Extent() * TypeSize(yt.type));
                  const bool max = p.mode == 0 || p.mode == 3;
                  std::vector<int> at(xt.dims.size());
                  Each(yt.dims, [&](const std::vector<int>& index) {
                    double sum = max ? -std::numeric_limits<double>::infinity() : 0;
                    int inside = 0, all = 0;
                    Each(p.window, [&](const std::vector<int>& tap) {
                      bool in = true;
                      at[0] = index[0];
                      at[1] = index[1];
                      for (std::size_t d = 0; d < tap.size(); ++d) {
                        at[2 + d] = index[2 + d] * p.stride[d] - p.pad[d] + tap[d];
                        in = in && at[2 + d] >= 0 && at[2 + d] < xt.dims[2 + d];
                      }
                      ++all;
                      if (!in) return;
                      ++inside;
                      const double v = Load(from + Offset(xt, at) * TypeSize(xt.type), xt.type);
                      sum = max ? std::max(sum, v) : sum + v;
                    });
                    if (!max) sum /= p.mode == 1 ? all : std::max(inside, 1);
                    std::uint8_t* out = to + Offset(yt, index) * TypeSize(yt.type);
                    Store(out, yt.type, a * sum + (b != 0 ? b * Load(out, yt.type) : 0));
                  });
                });
}
