// Sizes of tensor elements.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

#include "error.h"

namespace ort {

// Bits of one element; 0 for strings, and for types without a fixed size.
constexpr uint64_t ElementBits(ONNXTensorElementDataType type) {
  switch (type) {
#define ORT_ELEMENT_TYPE(name, value, bits) \
  case name:                                \
    return bits;
#include "enums.inc"
  }
  return 0;  // a type of a newer ONNX Runtime
}

// Throws ERR_INVALID_DIMS for a negative dimension or a product that does not fit.
inline uint64_t ElementCount(std::span<const int64_t> dims) {
  uint64_t count = 1;
  if (std::any_of(dims.begin(), dims.end(), [](int64_t dim) { return dim < 0; })) {
    throw Error("ERR_INVALID_DIMS", "a dimension is negative");
  }
  if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return 0;
  // JavaScript counts to 2^53, and 2^53 elements have fewer than 2^64 bits.
  constexpr uint64_t kMost = uint64_t{1} << 53;
  for (const int64_t dim : dims) {
    if (static_cast<uint64_t>(dim) > kMost / count) {
      throw Error("ERR_INVALID_DIMS", "the dimensions' product is too large");
    }
    count *= static_cast<uint64_t>(dim);
  }
  return count;
}

// Bytes of a packed tensor; elements smaller than a byte share one, the last of them padded.
inline size_t ByteLength(ONNXTensorElementDataType type, std::span<const int64_t> dims) {
  const uint64_t count = ElementCount(dims);
  const uint64_t bits = ElementBits(type);
  const uint64_t bytes = bits >= 8 ? count * (bits / 8) : (count * bits + 7) / 8;
  if (bytes > std::numeric_limits<size_t>::max()) {
    throw Error("ERR_INVALID_DIMS", "the tensor does not fit into memory");
  }
  return static_cast<size_t>(bytes);
}

}  // namespace ort
