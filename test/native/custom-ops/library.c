// A library with one operator, test.custom.AddOne: y = x + 1 over float32, by ONNX Runtime's C API.
#include "operator.h"

static void* ORT_API_CALL CreateKernel(const OrtCustomOp* op, const OrtApi* a, const OrtKernelInfo* info) {
  (void)op, (void)a, (void)info;
  static int kernel;
  return &kernel;
}
static const char* ORT_API_CALL Name(const OrtCustomOp* op) {
  (void)op;
  return "AddOne";
}
static int ORT_API_CALL MinimumArity(const OrtCustomOp* op) {
  (void)op;
  return 1;
}
static int ORT_API_CALL Homogeneity(const OrtCustomOp* op) {
  (void)op;
  return 1;
}

static OrtStatusPtr ORT_API_CALL Compute(void* kernel, OrtKernelContext* context) {
  (void)kernel;
  const OrtValue* x = NULL;
  OrtValue* y = NULL;
  OrtTensorTypeAndShapeInfo* info = NULL;
  int64_t dims[8];
  size_t rank = 0, count = 0;
  float *from = NULL, *to = NULL;
  OrtStatusPtr status = api->KernelContext_GetInput(context, 0, &x);
  if (!status) status = api->GetTensorTypeAndShape(x, &info);
  if (!status) status = api->GetDimensionsCount(info, &rank);
  if (!status && rank > 8) status = api->CreateStatus(ORT_INVALID_ARGUMENT, "AddOne takes 8 dimensions at most");
  if (!status) status = api->GetDimensions(info, dims, rank);
  if (!status) status = api->GetTensorShapeElementCount(info, &count);
  if (info) api->ReleaseTensorTypeAndShapeInfo(info);
  if (!status) status = api->KernelContext_GetOutput(context, 0, dims, rank, &y);
  if (!status) status = api->GetTensorMutableData((OrtValue*)x, (void**)&from);
  if (!status) status = api->GetTensorMutableData(y, (void**)&to);
  for (size_t i = 0; !status && i < count; ++i) to[i] = from[i] + 1;
  return status;
}

static OrtCustomOp add_one;

ORT_EXPORT OrtStatus* ORT_API_CALL RegisterCustomOps(OrtSessionOptions* options, const OrtApiBase* base) {
  api = base->GetApi(24);
  if (api == NULL) return NULL;
  Describe(&add_one);
  add_one.CreateKernel = CreateKernel;
  add_one.GetName = Name;
  add_one.GetVariadicInputMinArity = MinimumArity;
  add_one.GetVariadicInputHomogeneity = Homogeneity;
  add_one.GetVariadicOutputMinArity = MinimumArity;
  add_one.GetVariadicOutputHomogeneity = Homogeneity;
  add_one.KernelComputeV2 = Compute;
  return Register(options, &add_one);
}
