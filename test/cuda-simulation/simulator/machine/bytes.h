// Reads a value from bytes that may not be aligned.
#pragma once

#include <cstring>

namespace sim {

template <typename T>
T Read(const void* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace sim
