// Tensors over memory by its address.
#include "convert.h"
#include "env/js_error.h"
#include "ort/environment.h"
#include "value.h"

namespace {

// Somebody else's memory, and what keeps it.
class ForeignMemory final : public device::Memory {
 public:
  ForeignMemory(void* data, size_t bytes, Napi::Value keep) : Memory(data, bytes) {
    if (!keep.IsUndefined()) keep_ = Napi::Reference<Napi::Value>::New(keep, 1);
  }

 private:
  Napi::Reference<Napi::Value> keep_;
};

}  // namespace

// at(type: number, dims: number[], device: DeviceName, id: number, address: bigint, keep?: object):
// EngineValue
Napi::Value Value::At(const Napi::CallbackInfo& info) {
  bool lossless = false;
  auto* const data = reinterpret_cast<void*>(info[4].As<Napi::BigInt>().Uint64Value(&lossless));
  auto state = MakeTensorState(ToElementType(info[0]), ToDims(info[1]), ToLocation(info[2], info[3]));
  state->memory = std::make_shared<ForeignMemory>(data, state->bytes, info[5]);
  PointAt(*state, data);
  const Napi::Object object = New(info.Env(), std::move(state));
  Unwrap(object)->Account(info.Env(), 0);  // their owner's
  return object;
}

// address(): bigint
Napi::Value Value::Address(const Napi::CallbackInfo& info) {
  const ValueState& state = *State();
  state.CheckAttached(info.Env());
  return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(reinterpret_cast<uintptr_t>(state.data)));
}
