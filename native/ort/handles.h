// Raw pointers of ONNX Runtime in typed owners. Release order is bindings, values, sessions, environment.
#pragma once

#include <memory>

#include "error.h"

namespace ort {

template <typename T, void (ORT_API_CALL* Api::*Release)(T*)>
struct Releaser {
  void operator()(T* pointer) const noexcept { (api().*Release)(pointer); }
};

template <typename T, void (ORT_API_CALL* Api::*Release)(T*)>
using Handle = std::unique_ptr<T, Releaser<T, Release>>;

using ArenaConfigHandle = Handle<OrtArenaCfg, &Api::ReleaseArenaCfg>;
using CudaOptionsHandle = Handle<OrtCUDAProviderOptionsV2, &Api::ReleaseCUDAProviderOptions>;
using IoBindingHandle = Handle<OrtIoBinding, &Api::ReleaseIoBinding>;
using KeyValuePairsHandle = Handle<OrtKeyValuePairs, &Api::ReleaseKeyValuePairs>;
using MemoryInfoHandle = Handle<OrtMemoryInfo, &Api::ReleaseMemoryInfo>;
using ModelCompilationOptionsHandle =
    Handle<OrtModelCompilationOptions, &Api::ReleaseModelCompilationOptions>;
using ModelMetadataHandle = Handle<OrtModelMetadata, &Api::ReleaseModelMetadata>;
using PrepackedWeightsHandle = Handle<OrtPrepackedWeightsContainer, &Api::ReleasePrepackedWeightsContainer>;
using RunOptionsHandle = Handle<OrtRunOptions, &Api::ReleaseRunOptions>;
using SessionHandle = Handle<OrtSession, &Api::ReleaseSession>;
using SessionOptionsHandle = Handle<OrtSessionOptions, &Api::ReleaseSessionOptions>;
using TensorInfoHandle = Handle<OrtTensorTypeAndShapeInfo, &Api::ReleaseTensorTypeAndShapeInfo>;
using TensorRtOptionsHandle = Handle<OrtTensorRTProviderOptionsV2, &Api::ReleaseTensorRTProviderOptions>;
using ThreadingOptionsHandle = Handle<OrtThreadingOptions, &Api::ReleaseThreadingOptions>;
using TypeInfoHandle = Handle<OrtTypeInfo, &Api::ReleaseTypeInfo>;
using ValueHandle = Handle<OrtValue, &Api::ReleaseValue>;

// Calls a creating function whose last parameter is the out pointer, and owns what it made.
template <typename H, typename Function, typename... Arguments>
H Create(Function function, Arguments... arguments) {
  typename H::pointer raw = nullptr;
  Check(function(arguments..., &raw));
  return H(raw);
}

// ONNX Runtime's default CPU allocator: owned by the library, never released.
inline OrtAllocator* DefaultAllocator() {
  OrtAllocator* allocator = nullptr;
  Check(api().GetAllocatorWithDefaultOptions(&allocator));
  return allocator;
}

struct AllocatorDeleter {
  void operator()(void* pointer) const noexcept {
    OrtAllocator* allocator = nullptr;
    Ignore(api().GetAllocatorWithDefaultOptions(&allocator));
    if (allocator != nullptr) Ignore(api().AllocatorFree(allocator, pointer));
  }
};

// Text or arrays that ONNX Runtime allocated for us with the default allocator.
template <typename T>
using Allocated = std::unique_ptr<T, AllocatorDeleter>;

// Calls a function whose last parameter receives text of the default allocator's.
template <typename Function, typename... Arguments>
std::string CreateText(Function function, Arguments... arguments) {
  char* raw = nullptr;
  Check(function(arguments..., &raw));
  const Allocated<char> text(raw);
  return text != nullptr ? text.get() : "";
}

}  // namespace ort
