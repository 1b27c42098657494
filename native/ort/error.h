// The one exception class of the native code. `code` becomes the JavaScript error's `code`.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api.h"

namespace ort {

class Error : public std::exception {
 public:
  Error(std::string code, std::string message)
      : texts_(std::make_shared<const Texts>(Texts{std::move(code), std::move(message)})) {}
  // ERR_OUT_OF_MEMORY, where there is none for texts either.
  Error() noexcept = default;
  std::string_view code() const noexcept {
    return texts_ ? std::string_view(texts_->code) : "ERR_OUT_OF_MEMORY";
  }
  const char* what() const noexcept override {
    return texts_ ? texts_->message.c_str() : "cannot allocate host memory";
  }

 private:
  struct Texts {
    std::string code;
    std::string message;
  };
  // Shared: what is caught is copied where no exception may leave.
  std::shared_ptr<const Texts> texts_;
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
Error FromException(const std::exception& thrown) noexcept;

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
