// String tensors: UTF-8 in ONNX Runtime's own memory, any byte allowed, NUL included.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "handles.h"

namespace ort {

// All strings of a tensor in one buffer: string i is bytes [offsets[i], offsets[i + 1]).
struct StringContent {
  std::string bytes;
  std::vector<size_t> offsets;
  std::string_view operator[](size_t i) const {
    return std::string_view(bytes).substr(offsets[i], offsets[i + 1] - offsets[i]);
  }
};

inline ValueHandle CreateStringTensor(const std::vector<int64_t>& dims) {
  return Create<ValueHandle>(api().CreateTensorAsOrtValue, DefaultAllocator(), dims.data(), dims.size(),
                             ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING);
}

inline StringContent ReadStrings(const OrtValue* tensor, size_t count) {
  StringContent content;
  size_t bytes = 0;
  Check(api().GetStringTensorDataLength(tensor, &bytes));
  content.bytes.resize(bytes);
  content.offsets.resize(count + 1);
  Check(api().GetStringTensorContent(tensor, content.bytes.data(), bytes, content.offsets.data(), count));
  content.offsets[count] = bytes;
  return content;
}

// FillStringTensor stops at a NUL; the element buffer does not.
inline void WriteString(OrtValue* tensor, size_t index, std::string_view text) {
  char* buffer = nullptr;
  Check(api().GetResizedStringTensorElementBuffer(tensor, index, text.size(), &buffer));
  text.copy(buffer, text.size());
}

inline void ClearStrings(OrtValue* tensor, size_t count) {
  for (size_t i = 0; i < count; ++i) WriteString(tensor, i, {});
}

}  // namespace ort
