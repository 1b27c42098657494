#include "cudnn/convolution.h"

#include <algorithm>

namespace sim::cudnn {

Tensor Strided(const Filter& w) {
  Tensor filter{w.type, w.dims, std::vector<int>(w.dims.size())};
  int step = 1;
  if (w.format == 1) {  // NHWC: the channels last
    filter.strides[1] = 1;
    step = w.dims[1];
    for (std::size_t d = w.dims.size(); d-- > 2;) filter.strides[d] = step, step *= w.dims[d];
    filter.strides[0] = step;
  } else {
    for (std::size_t d = w.dims.size(); d-- > 0;) filter.strides[d] = step, step *= w.dims[d];
  }
  return filter;
}

void Convolve(const Tensor& x, const std::uint8_t* x_data, const Tensor& w, const std::uint8_t* w_data,
              const Convolution& conv, const Tensor& y, std::uint8_t* out, double alpha, double beta,
              const std::function<double(double, const std::vector<int>&, double)>& finish) {
  const std::vector<float> in = Floats(x, x_data);
  const std::vector<float> weights = Floats(w, w_data);
  const std::size_t spatial = x.dims.size() - 2;
  const int channels = w.dims[1];  // of a group
  const int per_group = y.dims[1] / conv.groups;
  std::vector<std::size_t> x_step(spatial + 2, 1);
  for (std::size_t d = spatial + 1; d-- > 0;)
    x_step[d] = x_step[d + 1] * static_cast<std::size_t>(x.dims[d + 1]);
  std::size_t taps = 1;
  for (std::size_t d = 0; d < spatial; ++d) taps *= static_cast<std::size_t>(w.dims[2 + d]);
  struct Tap {
    std::size_t number, offset;
  };
  std::vector<Tap> inside;  // the taps that are not over the padding
  std::vector<int> tap(spatial), positions = y.dims;
  positions[1] = 1;  // all channels of a position have the same taps
  Each(positions, [&](std::vector<int> index) {
    inside.clear();
    std::fill(tap.begin(), tap.end(), 0);
    for (std::size_t t = 0; t < taps; ++t) {
      std::size_t at = 0, d = 0;
      for (; d < spatial; ++d) {
        const int k = conv.mode == 1 ? tap[d] : w.dims[2 + d] - 1 - tap[d];
        const int p = index[2 + d] * conv.stride[d] - conv.pad[d] + k * conv.dilation[d];
        if (p < 0 || p >= x.dims[2 + d]) break;
        at += static_cast<std::size_t>(p) * x_step[2 + d];
      }
      if (d == spatial) inside.push_back({t, at});
      for (d = spatial; d-- > 0;) {
        if (++tap[d] < w.dims[2 + d]) break;
        tap[d] = 0;
      }
    }
    for (int channel = 0; channel < y.dims[1]; ++channel) {
      index[1] = channel;
      const float* source = in.data() + static_cast<std::size_t>(index[0]) * x_step[0] +
                            static_cast<std::size_t>(channel / per_group * channels) * x_step[1];
      const float* weight =
          weights.data() + static_cast<std::size_t>(channel) * static_cast<std::size_t>(channels) * taps;
      double sum = 0;
      for (int c = 0; c < channels; ++c, source += x_step[1], weight += taps) {
        for (const Tap& one : inside)
          sum += static_cast<double>(source[one.offset]) * static_cast<double>(weight[one.number]);
      }
      std::uint8_t* to = out + Offset(y, index) * TypeSize(y.type);
      const double before = beta != 0 ? beta * Load(to, y.type) : 0;
      Store(to, y.type, finish(alpha * sum, index, before));
    }
  });
}

}  // namespace sim::cudnn
