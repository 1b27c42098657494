// Never shipped: compiled against the official headers (ONNXRUNTIME_INCLUDE_DIR) to check every row of
// functions.inc, compile_functions.inc and enums.inc. A wrong slot or value fails a static_assert, a wrong
// type or const fails the assignment.
#define ORT_ABI_CHECK
#include <type_traits>

#include "api.h"

#define ORT_FUNCTION(slot, since, ret, name, params)                                                   \
  static_assert(offsetof(OrtApi, name) == (slot) * sizeof(void*), #name " is not in slot " #slot);     \
  static_assert((since) <= ORT_API_VERSION, #name " is newer than the headers it is checked against"); \
  [[maybe_unused]] static void Check##name(const OrtApi& official, ort::Api& ours) {                   \
    ours.name = official.name;                                                                         \
  }
#include "functions.inc"
#undef ORT_FUNCTION

#define ORT_COMPILE_FUNCTION(slot, since, ret, name, params)                                              \
  static_assert(offsetof(OrtCompileApi, name) == (slot) * sizeof(void*), #name " is not in slot " #slot); \
  static_assert((since) <= ORT_API_VERSION, #name " is newer than the headers it is checked against");    \
  [[maybe_unused]] static void Check##name(const OrtCompileApi& official, ort::Api& ours) {               \
    ours.name = official.name;                                                                            \
  }
#include "compile_functions.inc"
#undef ORT_COMPILE_FUNCTION

#define ORT_ENUM_BEGIN(name) static_assert(sizeof(name) == sizeof(int), #name " is not an int");
#define ORT_ENUM_VALUE(name, value) static_assert(static_cast<int>(name) == (value), #name);
#define ORT_ENUM_END()
#include "enums.inc"

static_assert(offsetof(OrtApiBase, GetApi) == 0 && offsetof(OrtApiBase, GetVersionString) == sizeof(void*));
