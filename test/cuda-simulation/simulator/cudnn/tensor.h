// cuDNN's statuses and element types, by number; tensors and their elements.
#pragma once

#include <cstring>
#include <vector>

#include "core/call.h"

namespace sim::cudnn {

enum Status { kSuccess = 0, kBadParam = 2000, kNotSupported = 3000, kExecutionFailed = 5000 };
enum Type { kFloat = 0, kDouble = 1, kHalf = 2, kInt8 = 3, kInt32 = 4, kUint8 = 6, kBfloat = 9, kInt64 = 10 };

struct Handle {
  void* stream = nullptr;
};

struct Tensor {
  int type = kFloat;
  std::vector<int> dims, strides;
  std::size_t Count() const {
    std::size_t n = 1;
    for (const int d : dims) n *= static_cast<std::size_t>(d);
    return n;
  }
  std::size_t Extent() const {  // elements from the first to the last
    std::size_t n = 1;
    for (std::size_t i = 0; i < dims.size(); ++i)
      n += static_cast<std::size_t>(dims[i] - 1) * static_cast<std::size_t>(strides[i]);
    return Count() == 0 ? 0 : n;
  }
};

std::size_t TypeSize(int type);
double Load(const std::uint8_t* at, int type);
void Store(std::uint8_t* at, int type, double value);
// alpha and beta: doubles for a tensor of doubles, else floats.
double Scalar(const void* at, int type);
// The simulator's view of a tensor; throws Error.
std::uint8_t* At(const void* address, std::size_t bytes);
// Elements before that of an index.
std::size_t Offset(const Tensor& t, const std::vector<int>& index);
// A tensor in device memory.
inline std::uint8_t* At(const Tensor& t, const void* address) {
  return At(address, t.Extent() * TypeSize(t.type));
}
// All elements, packed, in the order of the dims.
std::vector<float> Floats(const Tensor& t, const std::uint8_t* from);
std::string Dims(const std::vector<int>& dims);
// Queues a computation on the handle's stream.
int Submit(const char* name, void* handle, const std::string& what, Action action);
// Each index of `dims` in turn, and where it lies.
template <typename F>
void Each(const std::vector<int>& dims, F f) {
  std::vector<int> index(dims.size(), 0);
  std::size_t n = 1;
  for (const int d : dims) n *= static_cast<std::size_t>(d);
  for (std::size_t i = 0; i < n; ++i) {
    f(index);
    for (std::size_t d = dims.size(); d-- > 0;) {
      if (++index[d] < dims[d]) break;
      index[d] = 0;
    }
  }
}

template <typename T>
int Make(void** to) {
  *to = new T;
  return kSuccess;
}

template <typename T>
int Drop(void* what) {
  delete static_cast<T*>(what);
  return kSuccess;
}

template <typename T>
T& Of(void* what) {
  return *static_cast<T*>(what);
}

}  // namespace sim::cudnn
