// libcudnn.so.9: softmax and batch normalization.
#include <algorithm>
#include <cmath>
#include <limits>

#include "cudnn/tensor.h"

using namespace sim;
using namespace sim::cudnn;

SIM_EXPORT int cudnnSoftmaxForward(void* handle, int algorithm, int mode, const void* alpha, void* x,
                                   const void* x_data, const void* beta, void* y, void* y_data) {
  const double a = Scalar(alpha, Of<Tensor>(y).type), b = Scalar(beta, Of<Tensor>(y).type);
  return Submit(__func__, handle, Dims(Of<Tensor>(x).dims), [=, xt = Of<Tensor>(x), yt = Of<Tensor>(y)] {
    const std::uint8_t* from = At(x_data, xt.Extent() * TypeSize(xt.type));
    std::uint8_t* to = At(y_data, yt.Extent() * TypeSize(yt.type));
    // Over all but the batch, or over the channels alone.
    std::vector<int> outer = xt.dims, inner = xt.dims;
    for (std::size_t d = 0; d < xt.dims.size(); ++d) {
      const bool reduced = mode == 0 ? d > 0 : d == 1;
      (reduced ? outer : inner)[d] = 1;
    }
    Each(outer, [&](const std::vector<int>& base) {
      const auto each = [&](auto f) {
        Each(inner, [&](const std::vector<int>& part) {
          std::vector<int> index = base;
          for (std::size_t d = 0; d < part.size(); ++d) index[d] += part[d];
          f(index, Load(from + Offset(xt, index) * TypeSize(xt.type), xt.type));
        });
      };
      double largest = -std::numeric_limits<double>::infinity(), sum = 0;
      each([&](const std::vector<int>&, double v) { largest = std::max(largest, v); });
      each([&](const std::vector<int>&, double v) { sum += std::exp(v - largest); });
      each([&](const std::vector<int>& index, double v) {
        const double r = algorithm == 2 ? v - largest - std::log(sum) : std::exp(v - largest) / sum;
        std::uint8_t* out = to + Offset(yt, index) * TypeSize(yt.type);
        Store(out, yt.type, a * r + (b != 0 ? b * Load(out, yt.type) : 0));
      });
    });
  });
}
SIM_EXPORT int cudnnDeriveBNTensorDescriptor(void* derived, void* x, int mode) {
  const Tensor& from = Of<Tensor>(x);
  Tensor& to = Of<Tensor>(derived);
  to = from;
  to.type = from.type == kHalf || from.type == kBfloat ? kFloat : from.type;
  for (std::size_t d = 0; d < to.dims.size(); ++d) {
    if (d == 0 || (mode != 0 && d != 1)) to.dims[d] = 1;
  }
  if (mode != 0) {
    for (std::size_t d = 0; d < to.dims.size(); ++d) to.dims[d] = d == 1 ? from.dims[1] : 1;
  }
  int step = 1;
  for (std::size_t d = to.dims.size(); d-- > 0;) to.strides[d] = step, step *= to.dims[d];
  return kSuccess;
}
SIM_EXPORT int cudnnBatchNormalizationForwardInference(void* handle, int, const void* alpha, const void* beta,
                                                       void* x, const void* x_data, void* y, void* y_data,
                                                       void* bn, const void* scale, const void* bias,
                                                       const void* mean, const void* variance,
                                                       double epsilon) {
  const double a = Scalar(alpha, Of<Tensor>(y).type), b = Scalar(beta, Of<Tensor>(y).type);
  return Submit(__func__, handle, Dims(Of<Tensor>(x).dims),
                [=, xt = Of<Tensor>(x), yt = Of<Tensor>(y), bt = Of<Tensor>(bn)] {
                  const std::size_t bytes = bt.Extent() * TypeSize(bt.type);
                  const std::uint8_t* parts[4] = {At(scale, bytes), At(bias, bytes), At(mean, bytes),
                                                  At(variance, bytes)};
                  const std::uint8_t* from = At(x_data, xt.Extent() * TypeSize(xt.type));
                  std::uint8_t* to = At(y_data, yt.Extent() * TypeSize(yt.type));
                  Each(yt.dims, [&](const std::vector<int>& index) {
                    double p[4];
                    for (int n = 0; n < 4; ++n)
                      p[n] = Load(parts[n] + Offset(bt, index) * TypeSize(bt.type), bt.type);
                    const double v =
                        p[0] * (Load(from + Offset(xt, index) * TypeSize(xt.type), xt.type) - p[2]) /
                            std::sqrt(p[3] + epsilon) +
                        p[1];
                    std::uint8_t* out = to + Offset(yt, index) * TypeSize(yt.type);
                    Store(out, yt.type, a * v + (b != 0 ? b * Load(out, yt.type) : 0));
                  });
                });
}
