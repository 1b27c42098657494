#include "error.h"

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
  const Error error(Code(api().GetErrorCode(status)), api().GetErrorMessage(status));
  api().ReleaseStatus(status);
  throw error;
}

}  // namespace ort
