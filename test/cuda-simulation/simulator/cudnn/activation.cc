// libcudnn.so.9: activations and sums.
#include "cudnn/activation.h"

#include <algorithm>
#include <cmath>

namespace sim::cudnn {

double Activate(const Activation& a, double v) {
  switch (a.mode) {
    case 0:
      return 1 / (1 + std::exp(-v));
    case 1:
      return std::max(v, 0.0);
    case 2:
      return std::tanh(v);
    case 3:
      return std::min(std::max(v, 0.0), a.coefficient);
    case 4:
      return v > 0 ? v : a.coefficient * (std::exp(v) - 1);
    default:
      return v;
  }
}

}  // namespace sim::cudnn

using namespace sim;
using namespace sim::cudnn;

SIM_EXPORT int cudnnAddTensor(void* handle, const void* alpha, void* a, const void* a_data, const void* beta,
                              void* c, void* c_data) {
  const double x = Scalar(alpha, Of<Tensor>(c).type), y = Scalar(beta, Of<Tensor>(c).type);
  return Submit(
      __func__, handle, Dims(Of<Tensor>(a).dims) + " + " + Dims(Of<Tensor>(c).dims),
      [=, at = Of<Tensor>(a), ct = Of<Tensor>(c)] {
        const std::uint8_t* from = At(a_data, at.Extent() * TypeSize(at.type));
        std::uint8_t* to = At(c_data, ct.Extent() * TypeSize(ct.type));
        Each(ct.dims, [&](const std::vector<int>& index) {
          std::uint8_t* out = to + Offset(ct, index) * TypeSize(ct.type);
          Store(out, ct.type,
                x * Load(from + Offset(at, index) * TypeSize(at.type), at.type) + y * Load(out, ct.type));
        });
      });
}
SIM_EXPORT int cudnnCreateActivationDescriptor(void** d) { return Make<Activation>(d); }
SIM_EXPORT int cudnnDestroyActivationDescriptor(void* d) { return Drop<Activation>(d); }
SIM_EXPORT int cudnnSetActivationDescriptor(void* d, int mode, int, double coefficient) {
  return Of<Activation>(d) = {mode, coefficient}, kSuccess;
}
SIM_EXPORT int cudnnActivationForward(void* handle, void* activation, const void* alpha, void* x,
                                      const void* x_data, const void* beta, void* y, void* y_data) {
  const double a = Scalar(alpha, Of<Tensor>(y).type), b = Scalar(beta, Of<Tensor>(y).type);
  return Submit(__func__, handle, Dims(Of<Tensor>(x).dims),
                [=, act = Of<Activation>(activation), xt = Of<Tensor>(x), yt = Of<Tensor>(y)] {
                  const std::uint8_t* from = At(x_data, xt.Extent() * TypeSize(xt.type));
                  std::uint8_t* to = At(y_data, yt.Extent() * TypeSize(yt.type));
                  Each(yt.dims, [&](const std::vector<int>& index) {
                    std::uint8_t* out = to + Offset(yt, index) * TypeSize(yt.type);
                    Store(out, yt.type,
                          a * Activate(act, Load(from + Offset(xt, index) * TypeSize(xt.type), xt.type)) +
                              (b != 0 ? b * Load(out, yt.type) : 0));
                  });
                });
}
