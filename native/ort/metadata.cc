#include "metadata.h"

#include <algorithm>
#include <new>

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

// Of the texts of an array.
struct KeysDeleter {
  char** keys;
  int64_t count;
  ~KeysDeleter() { std::for_each(keys, keys + count, AllocatorDeleter()); }
};

std::string Form(const OrtTypeInfo* type_info);

// The form of what a type contains. `cast` gives the type's own description, owned by the type.
template <typename Info>
std::string Inner(const OrtTypeInfo* type_info,
                  OrtStatus*(ORT_API_CALL* cast)(const OrtTypeInfo*, const Info**),
                  OrtStatus*(ORT_API_CALL* get)(const Info*, OrtTypeInfo**)) {
  const Info* info = nullptr;
  Check(cast(type_info, &info));
  return Form(Create<TypeInfoHandle>(get, info).get());
}

std::string ElementForm(const OrtTypeInfo* type_info) {
  const OrtTensorTypeAndShapeInfo* info = nullptr;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  Check(api().CastTypeInfoToTensorInfo(type_info, &info));
  if (info != nullptr) Check(api().GetTensorElementType(info, &type));
  return std::to_string(static_cast<int>(type));
}

std::string KeyForm(const OrtTypeInfo* type_info) {
  const OrtMapTypeInfo* info = nullptr;
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  Check(api().CastTypeInfoToMapTypeInfo(type_info, &info));
  Check(api().GetMapKeyType(info, &type));
  return std::to_string(static_cast<int>(type));
}

// By ONNXType.
constexpr const char* kKinds[] = {"opaque", "tensor",       "sequence", "map",
                                  "opaque", "sparseTensor", "optional"};

std::string Form(const OrtTypeInfo* type_info) {
  ONNXType kind = ONNX_TYPE_UNKNOWN;
  Check(api().GetOnnxTypeFromTypeInfo(type_info, &kind));
  const auto with = [kind](const std::string& inner) {
    return std::string(kKinds[kind]) + "(" + inner + ")";
  };
  switch (kind) {
    case ONNX_TYPE_TENSOR:
    case ONNX_TYPE_SPARSETENSOR:
      return with(ElementForm(type_info));
    case ONNX_TYPE_SEQUENCE:
      return with(Inner(type_info, api().CastTypeInfoToSequenceTypeInfo, api().GetSequenceElementType));
    case ONNX_TYPE_MAP:
      return with(KeyForm(type_info) + "," +
                  Inner(type_info, api().CastTypeInfoToMapTypeInfo, api().GetMapValueType));
    case ONNX_TYPE_OPTIONAL:
      return with(Inner(type_info, api().CastTypeInfoToOptionalTypeInfo, api().GetOptionalContainedTypeInfo));
    default:
      return kKinds[ONNX_TYPE_OPAQUE];
  }
}

std::string Denotation(const OrtTypeInfo* type_info) {
  const char* text = nullptr;
  size_t length = 0;
  Check(api().GetDenotationFromTypeInfo(type_info, &text, &length));
  return text != nullptr ? std::string(text, length) : std::string();
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
    value.form = Form(type_info.get());
    value.denotation = Denotation(type_info.get());
    if (value.kind == ONNX_TYPE_TENSOR) ReadTensor(type_info.get(), value);
  }
  return values;
}

}  // namespace

std::vector<ValueInfo> Inputs(const OrtSession* session) {
  std::vector<ValueInfo> inputs =
      Read(session, api().SessionGetInputCount, api().SessionGetInputName, api().SessionGetInputTypeInfo);
  for (ValueInfo& input :
       Read(session, api().SessionGetOverridableInitializerCount, api().SessionGetOverridableInitializerName,
            api().SessionGetOverridableInitializerTypeInfo)) {
    input.overridable = true;
    inputs.push_back(std::move(input));
  }
  return inputs;
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
  const KeysDeleter delete_keys{raw_keys, count};
  for (int64_t i = 0; i < count; ++i) {
    const char* const key = raw_keys[i];
    result.custom.emplace_back(
        key, CreateText(api().ModelMetadataLookupCustomMetadataMap, metadata, DefaultAllocator(), key));
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

std::string Form(const OrtValue* value) {
  try {
    return Form(Create<TypeInfoHandle>(api().GetTypeInfo, value).get());
  } catch (const Error&) {
    return kKinds[Kind(value)];
  }
}

TensorShape ReadShape(const TensorInfoHandle& info) { return ReadShape(info.get()); }

TensorShape Shape(const OrtValue* tensor) {
  const auto info = Create<TensorInfoHandle>(api().GetTensorTypeAndShape, tensor);
  return ReadShape(info.get());
}

std::vector<ValueHandle> BoundOutputs(const OrtIoBinding* binding) {
  OrtValue** raw = nullptr;
  size_t count = 0;
  Check(api().GetBoundOutputValues(binding, DefaultAllocator(), &raw, &count));
  const Allocated<OrtValue*> array(raw);
  std::vector<ValueHandle> values;
  try {
    values.reserve(count);
  } catch (const std::bad_alloc&) {
    std::for_each(raw, raw + count, api().ReleaseValue);
    throw;
  }
  for (size_t i = 0; i < count; ++i) values.emplace_back(raw[i]);
  return values;
}

void* Data(const OrtValue* tensor) {
  void* data = nullptr;
  // ONNX Runtime has no other function for a tensor that is only read.
  Check(api().GetTensorMutableData(const_cast<OrtValue*>(tensor), &data));
  return data;
}

}  // namespace ort
