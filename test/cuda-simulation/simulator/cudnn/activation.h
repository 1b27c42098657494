// Activation functions.
#pragma once

#include "cudnn/tensor.h"

namespace sim::cudnn {

struct Activation {
  int mode = 1;
  double coefficient = 0;
};

double Activate(const Activation& a, double v);

}  // namespace sim::cudnn
