#include "cudnn/tensor.h"

#include "half.h"

namespace sim::cudnn {

std::size_t TypeSize(int type) {
  switch (type) {
    case kDouble:
    case kInt64:
      return 8;
    case kHalf:
    case kBfloat:
      return 2;
    case kInt8:
    case kUint8:
      return 1;
    default:
      return 4;
  }
}

double Load(const std::uint8_t* at, int type) {
  const auto read = [at](auto v) {
    std::memcpy(&v, at, sizeof v);
    return v;
  };
  switch (type) {
    case kFloat:
      return static_cast<double>(read(float{}));
    case kDouble:
      return read(double{});
    case kHalf:
      return static_cast<double>(FromHalf(read(std::uint16_t{})));
    case kBfloat:
      return static_cast<double>(FromBfloat(read(std::uint16_t{})));
    case kInt8:
      return read(std::int8_t{});
    case kUint8:
      return read(std::uint8_t{});
    case kInt64:
      return static_cast<double>(read(std::int64_t{}));
    default:
      return read(std::int32_t{});
  }
}

void Store(std::uint8_t* at, int type, double value) {
  const auto write = [at](auto v) { std::memcpy(at, &v, sizeof v); };
  switch (type) {
    case kFloat:
      write(static_cast<float>(value));
      break;
    case kDouble:
      write(value);
      break;
    case kHalf:
      write(ToHalf(static_cast<float>(value)));
      break;
    case kBfloat:
      write(ToBfloat(static_cast<float>(value)));
      break;
    case kInt8:
      write(static_cast<std::int8_t>(value));
      break;
    case kUint8:
      write(static_cast<std::uint8_t>(value));
      break;
    case kInt64:
      write(static_cast<std::int64_t>(value));
      break;
    default:
      write(static_cast<std::int32_t>(value));
      break;
  }
}

double Scalar(const void* at, int type) {
  return Load(static_cast<const std::uint8_t*>(at), type == kDouble ? kDouble : kFloat);
}

std::uint8_t* At(const void* address, std::size_t bytes) {
  std::uint8_t* view = state().memory.Resolve(reinterpret_cast<std::uintptr_t>(address), bytes);
  if (view == nullptr)
    throw Error{CUDA_ERROR_ILLEGAL_ADDRESS, Format("a tensor of %zu bytes at %p", bytes, address)};
  return view;
}

std::size_t Offset(const Tensor& t, const std::vector<int>& index) {
  std::size_t at = 0;
  for (std::size_t d = 0; d < t.dims.size(); ++d)
    at += static_cast<std::size_t>(t.dims[d] == 1 ? 0 : index[d]) * static_cast<std::size_t>(t.strides[d]);
  return at;
}

std::vector<float> Floats(const Tensor& t, const std::uint8_t* from) {
  std::vector<float> to;
  to.reserve(t.Count());
  Each(t.dims, [&](const std::vector<int>& index) {
    to.push_back(static_cast<float>(Load(from + Offset(t, index) * TypeSize(t.type), t.type)));
  });
  return to;
}

std::string Dims(const std::vector<int>& dims) {
  std::string text;
  for (const int d : dims) text += (text.empty() ? "" : "x") + std::to_string(d);
  return text;
}

int Submit(const char* name, void* handle, const std::string& what, Action action) {
  const CUresult result = Call(name, kUsual, what, [&](State& s, std::string& detail) {
    Stream& stream = s.FindStream(static_cast<Handle*>(handle)->stream);
    detail = Name(stream) + " " + detail;
    return s.Submit(stream, std::string(name) + " " + what, std::move(action)), CUDA_SUCCESS;
  });
  return result == CUDA_SUCCESS ? kSuccess : kExecutionFailed;
}

}  // namespace sim::cudnn
