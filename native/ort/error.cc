#include "error.h"

namespace ort {
namespace {

const char* CodeOf(OrtErrorCode code) {
  switch (code) {
    case ORT_INVALID_ARGUMENT:
      return "ERR_ORT_INVALID_ARGUMENT";
    case ORT_NO_SUCHFILE:
      return "ERR_ORT_NO_SUCHFILE";
    case ORT_NO_MODEL:
      return "ERR_ORT_NO_MODEL";
    case ORT_ENGINE_ERROR:
      return "ERR_ORT_ENGINE_ERROR";
    case ORT_RUNTIME_EXCEPTION:
      return "ERR_ORT_RUNTIME_EXCEPTION";
    case ORT_INVALID_PROTOBUF:
      return "ERR_ORT_INVALID_PROTOBUF";
    case ORT_MODEL_LOADED:
      return "ERR_ORT_MODEL_LOADED";
    case ORT_NOT_IMPLEMENTED:
      return "ERR_ORT_NOT_IMPLEMENTED";
    case ORT_INVALID_GRAPH:
      return "ERR_ORT_INVALID_GRAPH";
    case ORT_EP_FAIL:
      return "ERR_ORT_EP_FAIL";
    case ORT_MODEL_LOAD_CANCELED:
      return "ERR_ORT_MODEL_LOAD_CANCELED";
    case ORT_MODEL_REQUIRES_COMPILATION:
      return "ERR_ORT_MODEL_REQUIRES_COMPILATION";
    case ORT_NOT_FOUND:
      return "ERR_ORT_NOT_FOUND";
    case ORT_DEVICE_RESET:
      return "ERR_ORT_DEVICE_RESET";
    default:
      return "ERR_ORT_FAIL";
  }
}

}  // namespace

void Throw(OrtStatus* status) {
  const Error error(CodeOf(api().GetErrorCode(status)), api().GetErrorMessage(status));
  api().ReleaseStatus(status);
  throw error;
}

}  // namespace ort
