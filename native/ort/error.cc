#include "error.h"

#include <new>
#include <system_error>

namespace ort {
namespace {

const char* Code(OrtErrorCode code) {
  switch (code) {
#define ORT_ERROR_CODE(name, value) \
  case name:                        \
    return "ERR_" #name;
#include "enums.inc"
  }
  return "ERR_ORT_FAIL";  // a code of a newer ONNX Runtime
}

}  // namespace

void Throw(OrtStatus* status) {
  const std::unique_ptr<OrtStatus, void (*)(OrtStatus*)> released(status,
                                                                  [](OrtStatus* one) { Ignore(one); });
  throw Error(Code(api().GetErrorCode(status)), api().GetErrorMessage(status));
}

Error FromException(const std::exception& thrown) noexcept try {
  // A container that cannot be as large as asked for throws a length_error.
  if (dynamic_cast<const std::bad_alloc*>(&thrown) != nullptr ||
      dynamic_cast<const std::length_error*>(&thrown) != nullptr) {
    return {"ERR_OUT_OF_MEMORY", std::string("cannot allocate host memory: ") + thrown.what()};
  }
  const auto* error = dynamic_cast<const std::system_error*>(&thrown);
  if (error != nullptr && error->code() == std::errc::resource_unavailable_try_again) {
    return {"ERR_THREAD_UNAVAILABLE",
            std::string("the thread of the session cannot start: ") + thrown.what()};
  }
  return {"ERR_INTERNAL", thrown.what()};
} catch (...) {
  return {};
}

}  // namespace ort
