// libcudnn.so.9: the legacy convolutions.
#include "cudnn/convolution.h"

using namespace sim;
using namespace sim::cudnn;

namespace {

struct Perf {
  int algorithm, status;
  float time;
  std::size_t memory;
  int determinism, math, reserved[3];
};

}  // namespace

SIM_EXPORT int cudnnCreateConvolutionDescriptor(void** d) { return Make<Convolution>(d); }
SIM_EXPORT int cudnnDestroyConvolutionDescriptor(void* d) { return Drop<Convolution>(d); }
SIM_EXPORT int cudnnSetConvolutionNdDescriptor(void* d, int n, const int* pad, const int* stride,
                                               const int* dilation, int mode, int type) {
  Convolution& c = Of<Convolution>(d);
  c.pad.assign(pad, pad + n);
  c.stride.assign(stride, stride + n);
  c.dilation.assign(dilation, dilation + n);
  c.mode = mode;
  c.type = type;
  return kSuccess;
}
SIM_EXPORT int cudnnSetConvolutionGroupCount(void* d, int groups) {
  return Of<Convolution>(d).groups = groups, kSuccess;
}
SIM_EXPORT int cudnnSetConvolutionMathType(void* d, int math) {
  return Of<Convolution>(d).math = math, kSuccess;
}
SIM_EXPORT int cudnnGetConvolutionForwardWorkspaceSize(void*, void*, void*, void*, void*, int,
                                                       std::size_t* bytes) {
  return *bytes = 0, kSuccess;
}
SIM_EXPORT int cudnnGetConvolutionForwardAlgorithm_v7(void*, void*, void*, void* conv, void*, int wanted,
                                                      int* got, Perf* perf) {
  *got = wanted > 0 ? 1 : 0;
  if (*got != 0) *perf = {1, 0, 0.01f, 0, 1, Of<Convolution>(conv).math, {}};
  return kSuccess;
}
SIM_EXPORT int cudnnFindConvolutionForwardAlgorithmEx(void* handle, void* x, const void*, void* w,
                                                      const void*, void* conv, void* y, void*, int wanted,
                                                      int* got, Perf* perf, void*, std::size_t) {
  return cudnnGetConvolutionForwardAlgorithm_v7(handle, x, w, conv, y, wanted, got, perf);
}
SIM_EXPORT int cudnnConvolutionForward(void* handle, const void* alpha, void* x, const void* x_data, void* w,
                                       const void* w_data, void* conv, int, void*, std::size_t,
                                       const void* beta, void* y, void* y_data) {
  const double a = Scalar(alpha, Of<Tensor>(y).type), b = Scalar(beta, Of<Tensor>(y).type);
  return Submit(
      __func__, handle, Dims(Of<Tensor>(x).dims) + " * " + Dims(Of<Filter>(w).dims),
      [=, xt = Of<Tensor>(x), wt = Strided(Of<Filter>(w)), cd = Of<Convolution>(conv), yt = Of<Tensor>(y)] {
        Convolve(xt, At(xt, x_data), wt, At(wt, w_data), cd, yt, At(yt, y_data), a, b,
                 [](double v, const std::vector<int>&, double before) { return v + before; });
      });
}
SIM_EXPORT int cudnnConvolutionBiasActivationForward(void* handle, const void* alpha1, void* x,
                                                     const void* x_data, void* w, const void* w_data,
                                                     void* conv, int, void*, std::size_t, const void* alpha2,
                                                     void* z, const void* z_data, void* bias,
                                                     const void* bias_data, void* activation, void* y,
                                                     void* y_data) {
  const int type = Of<Tensor>(y).type;
  const double a1 = Scalar(alpha1, type), a2 = Scalar(alpha2, type);
  return Submit(
      __func__, handle, Dims(Of<Tensor>(x).dims) + " * " + Dims(Of<Filter>(w).dims),
      [=, xt = Of<Tensor>(x), wt = Strided(Of<Filter>(w)), cd = Of<Convolution>(conv), yt = Of<Tensor>(y),
       zt = Of<Tensor>(z), bt = Of<Tensor>(bias), act = Of<Activation>(activation)] {
        const std::vector<float> added = Floats(bt, At(bt, bias_data));
        const std::uint8_t* zs = a2 != 0 ? At(zt, z_data) : nullptr;
        Convolve(xt, At(xt, x_data), wt, At(wt, w_data), cd, yt, At(yt, y_data), a1, 0,
                 [&](double v, const std::vector<int>& index, double) {
                   v += static_cast<double>(added[static_cast<std::size_t>(index[1])]);
                   if (zs != nullptr) v += a2 * Load(zs + Offset(zt, index) * TypeSize(zt.type), zt.type);
                   return Activate(act, v);
                 });
      });
}
