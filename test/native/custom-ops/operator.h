// What the operators of these libraries have in common: one float32 input and output, by ONNX Runtime's C API.
#include <onnxruntime_c_api.h>
#include <stddef.h>

static const OrtApi* api;

static const char* ORT_API_CALL Provider(const OrtCustomOp* op) {
  (void)op;
  return NULL;
}
static ONNXTensorElementDataType ORT_API_CALL Type(const OrtCustomOp* op, size_t index) {
  (void)op, (void)index;
  return ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
}
static size_t ORT_API_CALL One(const OrtCustomOp* op) {
  (void)op;
  return 1;
}
static OrtCustomOpInputOutputCharacteristic ORT_API_CALL Required(const OrtCustomOp* op, size_t index) {
  (void)op, (void)index;
  return INPUT_OUTPUT_REQUIRED;
}
static OrtMemType ORT_API_CALL MemoryType(const OrtCustomOp* op, size_t index) {
  (void)op, (void)index;
  return OrtMemTypeDefault;
}
static void ORT_API_CALL DestroyKernel(void* kernel) { (void)kernel; }

static void Describe(OrtCustomOp* op) {
  op->version = 24;
  op->GetExecutionProviderType = Provider;
  op->GetInputType = Type;
  op->GetInputTypeCount = One;
  op->GetOutputType = Type;
  op->GetOutputTypeCount = One;
  op->KernelDestroy = DestroyKernel;
  op->GetInputCharacteristic = Required;
  op->GetOutputCharacteristic = Required;
  op->GetInputMemoryType = MemoryType;
}

static OrtStatus* Register(OrtSessionOptions* options, const OrtCustomOp* op) {
  OrtCustomOpDomain* domain = NULL;
  OrtStatus* status = api->CreateCustomOpDomain("test.custom", &domain);
  if (!status) status = api->CustomOpDomain_Add(domain, op);
  if (!status) status = api->AddCustomOpDomain(options, domain);
  return status;
}
