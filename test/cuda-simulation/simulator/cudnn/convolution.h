// Convolution, computed on the host when the stream gets there.
#pragma once

#include "cudnn/activation.h"

namespace sim::cudnn {

struct Filter {
  int type = kFloat, format = 0;
  std::vector<int> dims;
};

struct Convolution {
  std::vector<int> pad, stride, dilation;
  int mode = 1, type = kFloat, groups = 1, math = 0;
};

// The strides of a filter.
Tensor Strided(const Filter& w);
// `finish` makes an element of the output: of the sum, its index, and beta times what it was.
void Convolve(const Tensor& x, const std::uint8_t* x_data, const Tensor& w, const std::uint8_t* w_data,
              const Convolution& conv, const Tensor& y, std::uint8_t* out, double alpha, double beta,
              const std::function<double(double, const std::vector<int>&, double)>& finish);

}  // namespace sim::cudnn
