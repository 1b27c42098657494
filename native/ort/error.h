// The one exception of the native code. `code` is the `code` property of the JavaScript error it becomes.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "api.h"

namespace ort {

class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const noexcept { return code_; }

 private:
  std::string code_;
};

// Consumes a failed status and throws it as an Error ("ERR_ORT_" and the name of ONNX Runtime's own error
// code).
[[noreturn]] void Throw(OrtStatus* status);

// Every fallible call of ONNX Runtime goes through here.
inline void Check(OrtStatus* status) {
  if (status != nullptr) [[unlikely]]
    Throw(status);
}

}  // namespace ort
