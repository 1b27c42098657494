// Sizes of tensor elements.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "error.h"

namespace ort {

// Bits one element takes; 0 for strings and for types that have no memory layout of their own.
constexpr uint64_t ElementBits(ONNXTensorElementDataType type) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT2:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT2:
      return 2;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT4:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT4:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT4E2M1:
      return 4;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E4M3FN:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E4M3FNUZ:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E5M2:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E5M2FNUZ:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT8E8M0:
      return 8;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16:
      return 16;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32:
      return 32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64:
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64:
      return 64;
    default:
      return 0;
  }
}

// Throws ERR_INVALID_DIMS for a negative dimension or a product that does not fit.
inline uint64_t ElementCount(std::span<const int64_t> dims) {
  uint64_t count = 1;
  bool zero = false;
  for (const int64_t dim : dims) {
    if (dim < 0) throw Error("ERR_INVALID_DIMS", "a dimension is negative");
    zero = zero || dim == 0;
  }
  if (zero) return 0;
  // 2^53 elements of 64 bits are as many bits as JavaScript can count and as 64 bits can hold.
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
