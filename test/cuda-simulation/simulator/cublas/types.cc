#include "cublas/types.h"

namespace sim::cublas {

std::size_t TypeSize(int type) {
  switch (type) {
    case kF64:
      return 8;
    case kF16:
    case kBF16:
      return 2;
    case kI8:
      return 1;
    default:
      return 4;
  }
}

double Load(const std::uint8_t* at, int type) {
  const auto read = [at](auto& value) { std::memcpy(&value, at, sizeof value); };
  switch (type) {
    case kF32: {
      float v;
      read(v);
      return static_cast<double>(v);
    }
    case kF64: {
      double v;
      read(v);
      return v;
    }
    case kF16: {
      std::uint16_t v;
      read(v);
      return static_cast<double>(FromHalf(v));
    }
    case kBF16: {
      std::uint16_t v;
      read(v);
      return static_cast<double>(FromBfloat(v));
    }
    case kI8:
      return static_cast<double>(static_cast<std::int8_t>(*at));
    default: {
      std::int32_t v;
      read(v);
      return v;
    }
  }
}

void Store(std::uint8_t* at, int type, double value) {
  const auto write = [at](auto v) { std::memcpy(at, &v, sizeof v); };
  switch (type) {
    case kF32:
      write(static_cast<float>(value));
      break;
    case kF64:
      write(value);
      break;
    case kF16:
      write(ToHalf(static_cast<float>(value)));
      break;
    case kBF16:
      write(ToBfloat(static_cast<float>(value)));
      break;
    case kI8:
      write(static_cast<std::int8_t>(value));
      break;
    default:
      write(static_cast<std::int32_t>(value));
      break;
  }
}

double Scalar(const void* at, int compute) {
  const auto* bytes = static_cast<const std::uint8_t*>(at);
  switch (compute) {
    case k16F:
    case k16FPedantic:
      return Load(bytes, kF16);
    case k64F:
    case k64FPedantic:
      return Load(bytes, kF64);
    case k32I:
    case k32IPedantic:
      return Load(bytes, kI32);
    default:
      return Load(bytes, kF32);
  }
}

std::uint8_t* At(const void* address, std::size_t bytes) {
  std::uint8_t* view = state().memory.Resolve(reinterpret_cast<std::uintptr_t>(address), bytes);
  if (view == nullptr)
    throw Error{CUDA_ERROR_ILLEGAL_ADDRESS, Format("a matrix of %zu bytes at %p", bytes, address)};
  return view;
}

// Of columns, `ld` apart.
std::size_t Extent(int rows, int columns, int ld, int type) {
  return rows > 0 && columns > 0 ? (static_cast<std::size_t>(ld) * (columns - 1) + rows) * TypeSize(type) : 0;
}

int Submit(const char* name, void* handle, const std::string& what, Action action) {
  NULL_MODE(0);
  const CUresult result = Call(name, kUsual, what, [&](State& s, std::string& detail) {
    Stream& stream = s.FindStream(static_cast<Handle*>(handle)->stream);
    detail = Name(stream) + " " + detail;
    return s.Submit(stream, std::string(name) + " " + what, std::move(action)), CUDA_SUCCESS;
  });
  return result == CUDA_SUCCESS ? kSuccess : kExecutionFailed;
}

}  // namespace sim::cublas
