// libcudnn.so.9: the handle, descriptors of tensors and filters, and what sessions make and inference does
// not use.
#include <algorithm>

#include "cudnn/convolution.h"

using namespace sim;
using namespace sim::cudnn;

SIM_EXPORT std::size_t cudnnGetVersion() { return 91400; }
SIM_EXPORT std::size_t cudnnGetCudartVersion() { return 13000; }
SIM_EXPORT const char* cudnnGetErrorString(int status) {
  return status == 0               ? "CUDNN_STATUS_SUCCESS"
         : status == kNotSupported ? "CUDNN_STATUS_NOT_SUPPORTED"
                                   : "CUDNN_STATUS_EXECUTION_FAILED";
}
SIM_EXPORT void cudnnGetLastErrorString(char* text, std::size_t bytes) {
  if (bytes > 0) *text = 0;
}
SIM_EXPORT int cudnnCreate(void** handle) { return Make<Handle>(handle); }
SIM_EXPORT int cudnnDestroy(void* handle) { return Drop<Handle>(handle); }
SIM_EXPORT int cudnnSetStream(void* handle, void* stream) {
  return Of<Handle>(handle).stream = stream, kSuccess;
}
SIM_EXPORT int cudnnGetStream(void* handle, void** stream) {
  return *stream = Of<Handle>(handle).stream, kSuccess;
}

SIM_EXPORT int cudnnCreateTensorDescriptor(void** d) { return Make<Tensor>(d); }
SIM_EXPORT int cudnnDestroyTensorDescriptor(void* d) { return Drop<Tensor>(d); }
SIM_EXPORT int cudnnSetTensorNdDescriptor(void* d, int type, int n, const int* dims, const int* strides) {
  Of<Tensor>(d) = {type, {dims, dims + n}, {strides, strides + n}};
  return kSuccess;
}
SIM_EXPORT int cudnnSetTensorNdDescriptorEx(void* d, int format, int type, int n, const int* dims) {
  Tensor& t = Of<Tensor>(d);
  t = {type, {dims, dims + n}, std::vector<int>(static_cast<std::size_t>(n))};
  int step = 1;
  if (format == 1) t.strides[1] = 1, step = dims[1];
  for (int i = n; i-- > (format == 1 ? 2 : 0);)
    t.strides[static_cast<std::size_t>(i)] = step, step *= dims[i];
  if (format == 1) t.strides[0] = step;
  return kSuccess;
}
SIM_EXPORT int cudnnSetTensor4dDescriptor(void* d, int format, int type, int n, int c, int h, int w) {
  const int dims[4] = {n, c, h, w};
  return cudnnSetTensorNdDescriptorEx(d, format, type, 4, dims);
}
SIM_EXPORT int cudnnSetTensor4dDescriptorEx(void* d, int type, int n, int c, int h, int w, int ns, int cs,
                                            int hs, int ws) {
  const int dims[4] = {n, c, h, w}, strides[4] = {ns, cs, hs, ws};
  return cudnnSetTensorNdDescriptor(d, type, 4, dims, strides);
}
SIM_EXPORT int cudnnGetTensorNdDescriptor(void* d, int wanted, int* type, int* n, int* dims, int* strides) {
  const Tensor& t = Of<Tensor>(d);
  *type = t.type;
  *n = static_cast<int>(t.dims.size());
  for (int i = 0; i < std::min(*n, wanted); ++i)
    dims[i] = t.dims[static_cast<std::size_t>(i)], strides[i] = t.strides[static_cast<std::size_t>(i)];
  return kSuccess;
}
SIM_EXPORT int cudnnCreateFilterDescriptor(void** d) { return Make<Filter>(d); }
SIM_EXPORT int cudnnDestroyFilterDescriptor(void* d) { return Drop<Filter>(d); }
SIM_EXPORT int cudnnSetFilterNdDescriptor(void* d, int type, int format, int n, const int* dims) {
  return Of<Filter>(d) = {type, format, {dims, dims + n}}, kSuccess;
}
SIM_EXPORT int cudnnSetFilter4dDescriptor(void* d, int type, int format, int k, int c, int h, int w) {
  return Of<Filter>(d) = {type, format, {k, c, h, w}}, kSuccess;
}

// Descriptors that sessions make and inference does not use.
SIM_EXPORT int cudnnCreateDropoutDescriptor(void** d) { return Make<Handle>(d); }
SIM_EXPORT int cudnnDestroyDropoutDescriptor(void* d) { return Drop<Handle>(d); }
SIM_EXPORT int cudnnDropoutGetStatesSize(void*, std::size_t* bytes) { return *bytes = 1024, kSuccess; }
SIM_EXPORT int cudnnSetDropoutDescriptor(void*, void*, float, void*, std::size_t, unsigned long long) {
  return kSuccess;
}
