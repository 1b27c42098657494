// Of a session's options: reads the EPContext data "numbers" as a provider does, while the model loads. test.custom.AddRead:
// y = x + the first of these floats.
#include "operator.h"

#include <string.h>

typedef OrtStatusPtr(ORT_API_CALL* Read)(void* state, const char* name, OrtAllocator* allocator, void** buffer,
                                         size_t* size);
typedef OrtStatusPtr(ORT_API_CALL* GetConfig)(const OrtSessionOptions* options, void** config);
typedef OrtStatusPtr(ORT_API_CALL* GetRead)(const void* config, Read* read, void** state);
typedef void(ORT_API_CALL* Release)(void* config);

// Its session is created with them.
static const OrtSessionOptions* session_options;

static OrtStatusPtr ReadNumber(float* number) {
  void *config = NULL, *state = NULL, *buffer = NULL;
  size_t size = 0;
  Read read = NULL;
  OrtAllocator* allocator = NULL;
  GetConfig get_config = (GetConfig)api->GetExperimentalFunction("OrtEpApi_SessionOptions_GetEpContextConfig_SinceV28");
  GetRead get_read = (GetRead)api->GetExperimentalFunction("OrtEpApi_EpContextConfig_GetEpContextDataReadFunc_SinceV28");
  Release release = (Release)api->GetExperimentalFunction("OrtEpApi_ReleaseEpContextConfig_SinceV28");
  OrtStatusPtr status = get_config(session_options, &config);
  if (!status) status = get_read(config, &read, &state);
  if (config) release(config);
  if (!status && !read) status = api->CreateStatus(ORT_FAIL, "no read function");
  if (!status) status = api->GetAllocatorWithDefaultOptions(&allocator);
  if (!status) status = read(state, "numbers", allocator, &buffer, &size);
  if (!status && size < sizeof *number) status = api->CreateStatus(ORT_FAIL, "too few bytes");
  if (!status) memcpy(number, buffer, sizeof *number);
  if (buffer) api->ReleaseStatus(api->AllocatorFree(allocator, buffer));
  return status;
}

static float number;
static OrtStatusPtr ORT_API_CALL CreateKernel(const OrtCustomOp* op, const OrtApi* a, const OrtKernelInfo* info,
                                              void** kernel) {
  (void)op, (void)a, (void)info;
  *kernel = &number;
  return ReadNumber(&number);
}
static const char* ORT_API_CALL Name(const OrtCustomOp* op) {
  (void)op;
  return "AddRead";
}

static OrtStatusPtr ORT_API_CALL Compute(void* kernel, OrtKernelContext* context) {
  const OrtValue* x = NULL;
  OrtValue* y = NULL;
  const int64_t dims[] = {1};
  float *from = NULL, *to = NULL;
  OrtStatusPtr status = api->KernelContext_GetInput(context, 0, &x);
  if (!status) status = api->KernelContext_GetOutput(context, 0, dims, 1, &y);
  if (!status) status = api->GetTensorMutableData((OrtValue*)x, (void**)&from);
  if (!status) status = api->GetTensorMutableData(y, (void**)&to);
  if (!status) to[0] = from[0] + *(const float*)kernel;
  return status;
}

static OrtCustomOp add_read;

ORT_EXPORT OrtStatus* ORT_API_CALL RegisterCustomOps(OrtSessionOptions* options, const OrtApiBase* base) {
  api = base->GetApi(28);
  if (api == NULL) return NULL;
  session_options = options;
  Describe(&add_read);
  add_read.CreateKernelV2 = CreateKernel;
  add_read.GetName = Name;
  add_read.KernelComputeV2 = Compute;
  return Register(options, &add_read);
}
