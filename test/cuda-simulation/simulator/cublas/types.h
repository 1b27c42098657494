// cuBLAS's statuses, element types and compute types, by number, and elements in memory.
#pragma once

#include <cstring>

#include "core/call.h"
#include "half.h"

namespace sim::cublas {

enum Status {
  kSuccess = 0,
  kNotInitialized = 1,
  kInvalidValue = 7,
  kExecutionFailed = 13,
  kNotSupported = 15
};

enum Type { kF32 = 0, kF64 = 1, kF16 = 2, kI8 = 3, kI32 = 10, kBF16 = 14 };
enum Compute {
  k16F = 64,
  k16FPedantic = 65,
  k32F = 68,
  k64F = 70,
  k64FPedantic = 71,
  k32I = 72,
  k32IPedantic = 73
};

struct Handle {
  void* stream = nullptr;
  int math_mode = 0;
};

std::size_t TypeSize(int type);
double Load(const std::uint8_t* at, int type);
void Store(std::uint8_t* at, int type, double value);
// alpha and beta, which have the type of the computation.
double Scalar(const void* at, int compute);
// The simulator's view of a matrix; throws Error.
std::uint8_t* At(const void* address, std::size_t bytes);
// Bytes from a column-major matrix's first element to its last.
std::size_t Extent(int rows, int columns, int ld, int type);
// Queues a computation on the handle's stream.
int Submit(const char* name, void* handle, const std::string& what, Action action);

}  // namespace sim::cublas
