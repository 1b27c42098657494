#include "core/fault.h"

#include <cstdio>
#include <cstdlib>

#include "core/state.h"

namespace sim {

Fault ParseFault(const char* text) {
  Fault fault;
  if (text == nullptr || *text == 0) return fault;
  const std::string all = text;
  const auto first = all.find(':');
  fault.pattern = all.substr(0, first);
  if (first == std::string::npos) return fault;
  char* end = nullptr;
  fault.n = std::strtoull(all.c_str() + first + 1, &end, 10);
  if (*end == '+') fault.onwards = true, ++end;
  if (*end == ':') fault.code = static_cast<CUresult>(std::strtol(end + 1, nullptr, 10));
  return fault;
}

Fault& ArmedFault() {
  static Fault* const fault = new Fault(ParseFault(std::getenv("CUDASIM_FAIL")));
  return *fault;
}

namespace {

bool Matches(const std::string& pattern, const std::string& name) {
  const auto is_runtime = name.rfind("cuda", 0) == 0;
  const auto is_blas = name.rfind("cublas", 0) == 0;
  if (pattern == "*") return true;
  if (pattern == "cu*") return !is_runtime && !is_blas;
  const auto is_scope = name.rfind("cuCtx", 0) == 0 || name == "cuThreadExchangeStreamCaptureMode";
  if (pattern == "scope") return is_scope;
  if (pattern == "driver") return !is_runtime && !is_blas && !is_scope;
  if (pattern == "cuda*") return is_runtime;
  if (pattern == "cublas*") return is_blas;
  if (pattern == "alloc")
    return name == "cuMemAlloc_v2" || name == "cudaMalloc" || name == "cudaMallocFromPoolAsync";
  if (pattern == "pinned")
    return name == "cuMemHostAlloc" || name == "cudaHostAlloc" || name == "cudaMallocHost";
  return pattern == name;
}

}  // namespace

CUresult State::Injected(const char* name, unsigned rules, bool& as_well) {
  Fault& fault = ArmedFault();
  if (fault.pattern.empty() || !Matches(fault.pattern, name)) return CUDA_SUCCESS;
  ++fault.seen;
  if (fault.onwards ? fault.seen < fault.n : fault.seen != fault.n) return CUDA_SUCCESS;
  const std::string text = name;
  // These end what they end, error or not.
  as_well = text == "cudaStreamEndCapture" || text == "cuCtxPopCurrent_v2" || (rules & kSurvives) != 0;
  std::fprintf(stderr, "cudasim: injected %s into %s, call %llu of '%s'\n", ErrorName(fault.code), name,
               static_cast<unsigned long long>(fault.seen), fault.pattern.c_str());
  if (fault.code >= 700 && fault.code < 800 && fault.code != CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES &&
      broken == CUDA_SUCCESS && (rules & kSurvives) == 0) {
    broken = fault.code;
    broken_why = "injected";
  }
  return fault.code;
}

}  // namespace sim
