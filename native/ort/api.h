// ONNX Runtime's function table as a struct of typed pointers, filled once a process when the library is
// opened.
#pragma once

#include <algorithm>

#include "types.h"

namespace ort {

struct Api {
#define ORT_FUNCTION(slot, since, ret, name, params) ret(ORT_API_CALL* name) params;
#include "functions.inc"
#undef ORT_FUNCTION
// Null where the library does not compile models.
#define ORT_COMPILE_FUNCTION(slot, since, ret, name, params) ret(ORT_API_CALL* name) params;
#include "compile_functions.inc"
#undef ORT_COMPILE_FUNCTION
};

namespace detail {
inline Api table{};
}

// Valid once OpenLibrary has returned. It is written before the first session exists and never again, so
// every thread may read it without a lock.
inline const Api& api() { return detail::table; }

// The newest minor version of ONNX Runtime that a row of functions.inc belongs to.
constexpr int NewestMinorVersion() {
  int newest = 0;
#define ORT_FUNCTION(slot, since, ret, name, params) newest = std::max(newest, since);
#include "functions.inc"
#undef ORT_FUNCTION
  return newest;
}

}  // namespace ort
