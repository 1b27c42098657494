// Counts what malloc has given out: sample() returns the bytes, after returning the freed pages to the system.
#include <malloc.h>
#include <node_api.h>

static napi_value Sample(napi_env env, napi_callback_info info) {
  (void)info;
  malloc_trim(0);
  const struct mallinfo2 counts = mallinfo2();
  napi_value bytes = NULL;
  napi_create_double(env, (double)(counts.uordblks + counts.hblkhd), &bytes);
  return bytes;
}

NAPI_MODULE_INIT() {
  napi_value sample = NULL;
  napi_create_function(env, "sample", NAPI_AUTO_LENGTH, Sample, NULL, &sample);
  napi_set_named_property(env, exports, "sample", sample);
  return exports;
}
