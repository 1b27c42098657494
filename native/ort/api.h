// ONNX Runtime's function table as a struct of typed pointers, filled once a process when the library is
// opened.
#pragma once

#include "types.h"

namespace ort {

struct Api {
#define ORT_FUNCTION(slot, since, ret, name, params) ret(ORT_API_CALL* name) params;
#include "functions.inc"
#undef ORT_FUNCTION
};

namespace detail {
inline Api table{};
}

// Only valid once OpenLibrary has returned; it is written before the first session exists and never again, so
// every thread may read it without a lock.
inline const Api& api() { return detail::table; }

// Reads the pointers out of the library's table. A function newer than `version` (the library's minor
// version) stays null, so that the floor is a minimum and not a fixed version.
void FillTable(const OrtApi* official, int version);

}  // namespace ort
