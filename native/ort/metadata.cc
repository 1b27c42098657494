#include "metadata.h"

namespace ort {
namespace {

TensorShape ReadShape(const OrtTensorTypeAndShapeInfo* info) {
  TensorShape shape{};
  size_t rank = 0;
  Check(api().GetTensorElementType(info, &shape.type));
  Check(api().GetDimensionsCount(info, &rank));
  shape.dims.resize(rank);
  Check(api().GetDimensions(info, shape.dims.data(), rank));
  return shape;
}

void ReadTensor(const OrtTypeInfo* type_info, ValueInfo& value) {
  const OrtTensorTypeAndShapeInfo* info = nullptr;  // owned by type_info
  Check(api().CastTypeInfoToTensorInfo(type_info, &info));
  if (info == nullptr) return;
  const TensorShape shape = ReadShape(info);
  std::vector<const char*> names(shape.dims.size(), nullptr);
  Check(api().GetSymbolicDimensions(info, names.data(), names.size()));
  value.type = shape.type;
  value.has_shape = api().TensorTypeAndShape_HasShape(info);
  for (size_t i = 0; i < shape.dims.size(); ++i) {
    value.dims.push_back({shape.dims[i], names[i] != nullptr ? names[i] : ""});
  }
}

using Count = OrtStatus*(ORT_API_CALL*)(const OrtSession*, size_t*);
using Name = OrtStatus*(ORT_API_CALL*)(const OrtSession*, size_t, OrtAllocator*, char**);
using Type = OrtStatus*(ORT_API_CALL*)(const OrtSession*, size_t, OrtTypeInfo**);

std::vector<ValueInfo> Read(const OrtSession* session, Count count, Name name, Type type) {
  size_t n = 0;
  Check(count(session, &n));
  std::vector<ValueInfo> values(n);
  for (size_t i = 0; i < n; ++i) {
    ValueInfo& value = values[i];
    value.name = CreateText(name, session, i, DefaultAllocator());
    const auto type_info = Create<TypeInfoHandle>(type, session, i);
    Check(api().GetOnnxTypeFromTypeInfo(type_info.get(), &value.kind));
    if (value.kind == ONNX_TYPE_TENSOR) ReadTensor(type_info.get(), value);
  }
  return values;
}

}  // namespace

std::vector<ValueInfo> Inputs(const OrtSession* session) {
  return Read(session, api().SessionGetInputCount, api().SessionGetInputName, api().SessionGetInputTypeInfo);
}

std::vector<ValueInfo> Outputs(const OrtSession* session) {
  return Read(session, api().SessionGetOutputCount, api().SessionGetOutputName,
              api().SessionGetOutputTypeInfo);
}

ModelMetadata ReadModelMetadata(const OrtSession* session) {
  const auto handle = Create<ModelMetadataHandle>(api().SessionGetModelMetadata, session);
  const OrtModelMetadata* metadata = handle.get();
  ModelMetadata result;
  for (const auto& [name, function] : {std::pair("producerName", api().ModelMetadataGetProducerName),
                                       std::pair("graphName", api().ModelMetadataGetGraphName),
                                       std::pair("graphDescription", api().ModelMetadataGetGraphDescription),
                                       std::pair("domain", api().ModelMetadataGetDomain),
                                       std::pair("description", api().ModelMetadataGetDescription)}) {
    result.texts.emplace_back(name, CreateText(function, metadata, DefaultAllocator()));
  }
  Check(api().ModelMetadataGetVersion(metadata, &result.version));

  char** raw_keys = nullptr;
  int64_t count = 0;
  Check(api().ModelMetadataGetCustomMetadataMapKeys(metadata, DefaultAllocator(), &raw_keys, &count));
  const Allocated<char*> keys(raw_keys);
  for (int64_t i = 0; i < count; ++i) {
    const Allocated<char> key(raw_keys[i]);
    result.custom.emplace_back(key.get(), CreateText(api().ModelMetadataLookupCustomMetadataMap, metadata,
                                                     DefaultAllocator(), key.get()));
  }
  return result;
}

ONNXType Kind(const OrtValue* value) {
  int has_value = 0;
  ONNXType kind = ONNX_TYPE_OPTIONAL;
  // First: GetValueType dereferences a null pointer where there is none.
  Check(api().HasValue(value, &has_value));
  if (has_value != 0) Check(api().GetValueType(value, &kind));
  return kind;
}

TensorShape Shape(const OrtValue* tensor) {
  const auto info = Create<TensorInfoHandle>(api().GetTensorTypeAndShape, tensor);
  return ReadShape(info.get());
}

std::vector<ValueHandle> BoundOutputs(const OrtIoBinding* binding) {
  OrtValue** raw = nullptr;
  size_t count = 0;
  Check(api().GetBoundOutputValues(binding, DefaultAllocator(), &raw, &count));
  const Allocated<OrtValue*> array(raw);
  return std::vector<ValueHandle>(raw, raw + count);
}

void* Data(const OrtValue* tensor) {
  void* data = nullptr;
  // ONNX Runtime has no other function for a tensor that is only read.
  Check(api().GetTensorMutableData(const_cast<OrtValue*>(tensor), &data));
  return data;
}

}  // namespace ort
