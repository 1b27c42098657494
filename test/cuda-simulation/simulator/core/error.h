// CUDA's errors as the simulator throws them, with their names, and printf for strings.
#pragma once

#include <cuda.h>

#include <string>
#define SIM_EXPORT extern "C" __attribute__((visibility("default")))
#define SIM_API __attribute__((visibility("default")))
namespace sim {

struct Error {
  CUresult code;
  std::string text;
};

SIM_API const char* ErrorName(CUresult error);
SIM_API const char* ErrorText(CUresult error);
SIM_API const char* RuntimeErrorName(CUresult error);
SIM_API std::string Format(const char* format, ...) __attribute__((format(printf, 1, 2)));

}  // namespace sim
