// ONNX Runtime's key-value pairs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api.h"

namespace ort {

inline std::vector<std::pair<std::string, std::string>> Entries(const OrtKeyValuePairs* pairs) {
  const char* const* keys = nullptr;
  const char* const* values = nullptr;
  size_t count = 0;
  api().GetKeyValuePairs(pairs, &keys, &values, &count);
  std::vector<std::pair<std::string, std::string>> entries;
  entries.reserve(count);
  for (size_t i = 0; i < count; ++i) entries.emplace_back(keys[i], values[i]);
  return entries;
}

}  // namespace ort
