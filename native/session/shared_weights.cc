#include "shared_weights.h"

Napi::Function SharedWeights::Define(Napi::Env env) { return DefineClass(env, kName, {}); }

// new SharedWeights()
SharedWeights::SharedWeights(const Napi::CallbackInfo& info)
    : Wrapped(info),
      container_(ort::Create<ort::PrepackedWeightsHandle>(ort::api().CreatePrepackedWeightsContainer)) {}
