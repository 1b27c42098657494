// Rounding, flushing of subnormal numbers and saturation.
#pragma once

#include <cmath>

#include "operations/operations.h"

namespace sim {

inline float Flush(float v) { return std::fabs(v) < 0x1p-126f && v != 0 ? std::copysign(0.0f, v) : v; }
inline float Saturate(float v) { return v != v ? 0.0f : std::fmin(std::fmax(v, 0.0f), 1.0f); }
// The rounding of an instruction, as <cfenv> names it.
int ReadRounding(const Instr& i);

}  // namespace sim
