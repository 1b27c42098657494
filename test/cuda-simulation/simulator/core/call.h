// The frame of every call of a library: lock, injected faults, rules of capture, body, log.
#pragma once

#include <new>

#include "core/state.h"

namespace sim {

template <typename Body>
CUresult Call(const char* name, unsigned rules, std::string detail, Body body) noexcept {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  CUresult result = CUDA_ERROR_UNKNOWN;
  try {
    bool as_well = false;
    const CUresult injected = thread().depth == 0 ? s.Injected(name, rules, as_well) : CUDA_SUCCESS;
    if (injected == CUDA_SUCCESS || as_well) {
      s.Admit(rules);
      result = body(s, detail);
    }
    // With CUDASIM_STRICT_LOSS=1 frees and destroys report a lost context too, as the documentation allows
    // ("may also return error codes from previous, asynchronous launches") and PyTorch's logs show.
    if (result == CUDA_SUCCESS && (rules & kSurvives) != 0 && s.strict_loss && s.broken != CUDA_SUCCESS) {
      const std::string text = name;
      if (text.find("Free") != std::string::npos || text.find("Destroy") != std::string::npos)
        result = s.broken;
    }
    if (injected != CUDA_SUCCESS) {
      result = injected;
      detail += " ! injected";
    }
  } catch (const Error& error) {
    result = error.code;
    if (!error.text.empty()) detail += (detail.empty() ? "! " : " ! ") + error.text;
  } catch (const std::bad_alloc&) {
    result = CUDA_ERROR_OUT_OF_MEMORY;
  }
  if (thread().depth == 0) s.Log(name, detail, result);
  return result;
}

}  // namespace sim
