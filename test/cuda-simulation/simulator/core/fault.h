// The fault that CUDASIM_FAIL or cudasim_arm asks for.
#pragma once

#include <cstdint>
#include <string>

#include "core/error.h"

namespace sim {

struct Fault {
  std::string pattern;
  std::uint64_t n = 0;
  bool onwards = false;
  CUresult code = CUDA_ERROR_OUT_OF_MEMORY;
  std::uint64_t seen = 0;
};

Fault ParseFault(const char* text);
Fault& ArmedFault();

}  // namespace sim
