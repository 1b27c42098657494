// String tensors: UTF-8 in ONNX Runtime's own memory, any byte allowed, NUL included.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "handles.h"

namespace ort {

// FillStringTensor stops at a NUL; the element buffer does not.
inline void WriteString(OrtValue* tensor, size_t index, std::string_view text) {
  char* buffer = nullptr;
  Check(api().GetResizedStringTensorElementBuffer(tensor, index, text.size(), &buffer));
  text.copy(buffer, text.size());
}

inline void WriteStrings(OrtValue* tensor, const std::vector<std::string>& texts) {
  for (size_t i = 0; i < texts.size(); ++i) WriteString(tensor, i, texts[i]);
}

// The elements of a tensor of strings.
class Strings {
 public:
  Strings(const OrtValue* tensor, size_t count) {
    size_t length = 0;
    Check(api().GetStringTensorDataLength(tensor, &length));
    text_.resize(length);
    offsets_.assign(count + 1, length);
    Check(api().GetStringTensorContent(tensor, text_.data(), length, offsets_.data(), count));
  }
  std::string_view operator[](size_t i) const {
    return std::string_view(text_).substr(offsets_[i], offsets_[i + 1] - offsets_[i]);
  }

 private:
  std::string text_;
  std::vector<size_t> offsets_;  // one more than elements
};

inline void CopyStrings(const OrtValue* from, OrtValue* to, size_t count) {
  const Strings texts(from, count);
  for (size_t i = 0; i < count; ++i) WriteString(to, i, texts[i]);
}

inline void ClearStrings(OrtValue* tensor, size_t count) {
  for (size_t i = 0; i < count; ++i) WriteString(tensor, i, {});
}

}  // namespace ort
