// The one exception class of the native code. `code` becomes the JavaScript error's `code`.
#pragma once

#include <optional>
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

// Throws a failed status as an Error with the code "ERR_" and the name of the OrtErrorCode, and releases it.
[[noreturn]] void Throw(OrtStatus* status);

// Every call of ONNX Runtime that can fail goes through here.
inline void Check(OrtStatus* status) {
  if (status != nullptr) [[unlikely]]
    Throw(status);
}

// For a call whose failure nobody can handle.
inline void Ignore(OrtStatus* status) noexcept {
  if (status != nullptr) api().ReleaseStatus(status);
}

// Of an exception of the C++ library.
Error FromException(const std::exception& thrown);

// Any thread: keeps what a job throws for whoever waits for the job.
template <typename Body>
void CatchInto(std::optional<Error>& error, Body&& body) noexcept {
  try {
    body();
  } catch (const Error& thrown) {
    error = thrown;
  } catch (const std::exception& thrown) {
    error = FromException(thrown);
  }
}

}  // namespace ort
