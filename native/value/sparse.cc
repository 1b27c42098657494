// Sparse tensors.
#include <cstring>
#include <span>

#include "convert.h"
#include "ort/element_type.h"
#include "ort/strings.h"
#include "ort/tensor.h"
#include "value.h"

namespace {

// What ONNX Runtime has of each format.
std::span<const OrtSparseIndicesFormat> Indices(OrtSparseFormat format) {
  static constexpr OrtSparseIndicesFormat kAll[] = {ORT_SPARSE_COO_INDICES, ORT_SPARSE_CSR_INNER_INDICES,
                                                    ORT_SPARSE_CSR_OUTER_INDICES,
                                                    ORT_SPARSE_BLOCK_SPARSE_INDICES};
  switch (format) {
    case ORT_SPARSE_COO:
      return std::span(kAll).first(1);
    case ORT_SPARSE_CSRC:
      return std::span(kAll).subspan(1, 2);
    case ORT_SPARSE_BLOCK_SPARSE:
      return std::span(kAll).last(1);
    default:
      throw ort::Error("ERR_NOT_SUPPORTED", "the sparse tensor is of a format that has no indices");
  }
}

// A tensor of its own: a value of the addon's is over one block of memory.
ort::ValueHandle MakeCopy(const ort::TensorShape& shape, const void* data) {
  ort::ValueHandle copy = ort::CreateTensor(shape.type, shape.dims);
  const size_t bytes = ort::ByteLength(shape.type, shape.dims);
  if (bytes > 0) std::memcpy(ort::Data(copy.get()), data, bytes);
  return copy;
}

ort::ValueHandle CopyValues(const OrtValue* sparse) {
  const ort::Api& api = ort::api();
  const ort::TensorShape shape =
      ort::ReadShape(ort::Create<ort::TensorInfoHandle>(api.GetSparseTensorValuesTypeAndShape, sparse));
  if (shape.type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) {
    ort::ValueHandle copy = ort::CreateTensor(shape.type, shape.dims);
    ort::CopyStrings(sparse, copy.get(), ort::ElementCount(shape.dims));
    return copy;
  }
  const void* data = nullptr;
  ort::Check(api.GetSparseTensorValues(sparse, &data));
  return MakeCopy(shape, data);
}

ort::ValueHandle CopyIndices(const OrtValue* sparse, OrtSparseIndicesFormat format) {
  const ort::Api& api = ort::api();
  const void* data = nullptr;
  size_t count = 0;
  const ort::TensorShape shape =
      ort::ReadShape(ort::Create<ort::TensorInfoHandle>(api.GetSparseTensorIndicesTypeShape, sparse, format));
  ort::Check(api.GetSparseTensorIndices(sparse, format, &count, &data));
  return MakeCopy(shape, data);
}

}  // namespace

// sparse(): { format: number; dims: number[]; values: EngineValue; indices: EngineValue[] } -
// GetSparseTensorValues, GetSparseTensorIndices
Napi::Value Value::Sparse(const Napi::CallbackInfo& info) {
  const std::shared_ptr<ValueState> state = State();
  const OrtValue* const sparse = state->handle.get();
  CheckMemory(info.Env(), *state, Access::kRead);
  auto format = ORT_SPARSE_UNDEFINED;
  ort::Check(ort::api().GetSparseTensorFormat(sparse, &format));
  const auto indices = Indices(format);
  const auto result = Napi::Object::New(info.Env());
  result.Set("format", static_cast<int>(format));
  result.Set("dims", FromDims(info.Env(), ort::Shape(sparse).dims));
  result.Set("values", Wrap(info.Env(), CopyValues(sparse)));
  result.Set("indices", MakeArray(info.Env(), indices.size(), [&](uint32_t i) {
               return Wrap(info.Env(), CopyIndices(sparse, indices[i]));
             }));
  return result;
}
