// Weights in the form that kernels use, which sessions share.
#pragma once

#include <napi.h>

#include <memory>

#include "env/wrapped.h"
#include "ort/handles.h"

class SharedWeights : public Wrapped<SharedWeights> {
 public:
  static constexpr const char* kName = "NativeSharedWeights";
  static constexpr napi_type_tag kTag = {0x6f0b2a8c31e74d59, 0xa1c9e8d7064b35f2};

  static Napi::Function Define(Napi::Env env);
  explicit SharedWeights(const Napi::CallbackInfo& info);
  // Of an argument: throws ERR_INVALID_ARG_TYPE for an object of another class. Sessions keep it.
  static const std::shared_ptr<OrtPrepackedWeightsContainer>& State(Napi::Value value) {
    return Argument(value).container_;
  }

 private:
  std::shared_ptr<OrtPrepackedWeightsContainer> container_;
};
