// The types of ONNX Runtime's C ABI that the addon uses. abi_check.cc compares them with the official header.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef ORT_ABI_CHECK
#include <onnxruntime_c_api.h>
#else

#ifdef _WIN32
#define ORT_API_CALL __stdcall
using ORTCHAR_T = wchar_t;
#else
#define ORT_API_CALL
using ORTCHAR_T = char;
#endif

struct OrtAllocator;
struct OrtArenaCfg;
struct OrtCUDAProviderOptionsV2;
struct OrtCompileApi;
struct OrtEnv;
struct OrtEpAssignedNode;
struct OrtEpAssignedSubgraph;
struct OrtEpDevice;
struct OrtHardwareDevice;
struct OrtIoBinding;
struct OrtKeyValuePairs;
struct OrtMapTypeInfo;
struct OrtMemoryInfo;
struct OrtModelCompilationOptions;
struct OrtModelMetadata;
struct OrtOptionalTypeInfo;
struct OrtPrepackedWeightsContainer;
struct OrtRunOptions;
struct OrtSequenceTypeInfo;
struct OrtSession;
struct OrtSessionOptions;
struct OrtStatus;
struct OrtSyncStream;
struct OrtTensorRTProviderOptionsV2;
struct OrtTensorTypeAndShapeInfo;
struct OrtThreadingOptions;
struct OrtTypeInfo;
struct OrtValue;

#define ORT_ENUM_BEGIN(name) enum name : int {
#define ORT_ENUM_VALUE(name, value) name = value,
#define ORT_ENUM_END() \
  }                    \
  ;
#include "enums.inc"

using OrtLoggingFunction = void(ORT_API_CALL*)(void* param, OrtLoggingLevel severity, const char* category,
                                               const char* logid, const char* code_location,
                                               const char* message);

using OrtExperimentalFnPtr = void(ORT_API_CALL*)();

struct OrtApi;
struct OrtApiBase {
  const OrtApi*(ORT_API_CALL* GetApi)(uint32_t version);
  const char*(ORT_API_CALL* GetVersionString)();
};

#endif
