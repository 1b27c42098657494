#include "buffer.h"

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "env/addon_data.h"
#include "env/js_error.h"
#include "env/never_destroyed.h"

namespace {

std::mutex owners_mutex;
// By address. Memory that two values share has an owner for each.
const NeverDestroyed<std::multimap<const char*, BufferOwner*>> owners;

// A process that cannot have so few bytes more is ended by V8 soon after.
constexpr size_t kMayFail = size_t{1} << 20;

}  // namespace

BufferOwner::BufferOwner(std::shared_ptr<void> memory, void* data, size_t bytes)
    : memory_(std::move(memory)), data_(static_cast<const char*>(data)), bytes_(bytes) {
  const std::lock_guard lock(owners_mutex);
  owners->emplace(data_, this);
}

void BufferOwner::Release() {
  std::shared_ptr<void> memory;  // freed after the lock
  const std::lock_guard lock(owners_mutex);
  const auto [first, last] = owners->equal_range(data_);
  for (auto owner = first; owner != last; ++owner) {
    if (owner->second != this) continue;
    owners->erase(owner);
    memory.swap(memory_);
    return;
  }
}

std::shared_ptr<void> BufferOwner::MemoryAt(const void* data) {
  const std::lock_guard lock(owners_mutex);
  auto next = owners->upper_bound(static_cast<const char*>(data));
  if (next == owners->begin()) return nullptr;
  const BufferOwner& owner = *std::prev(next)->second;
  const bool holds = static_cast<const char*>(data) < owner.data_ + owner.bytes_;
  return holds ? owner.memory_ : nullptr;
}

Napi::ArrayBuffer NewArrayBuffer(Napi::Env env, size_t bytes) {
  if (bytes < kMayFail) return Napi::ArrayBuffer::New(env, bytes);
  const auto constructor = env.Global().Get("ArrayBuffer").As<Napi::Function>();
  try {
    return constructor.New({Napi::Number::New(env, static_cast<double>(bytes))}).As<Napi::ArrayBuffer>();
  } catch (const Napi::Error&) {
    throw ort::Error("ERR_OUT_OF_MEMORY",
                     "cannot allocate " + std::to_string(bytes) + " bytes of host memory");
  }
}

Napi::Value ExternalArrayBuffer(Napi::Env env, void* data, size_t bytes, std::shared_ptr<BufferOwner> owner) {
  if (bytes == 0) return Napi::ArrayBuffer::New(env, 0);
  if (!AddonData::Of(env).external_buffers) {
    throw ort::Error("ERR_NO_EXTERNAL_BUFFERS",
                     "V8 refuses an ArrayBuffer over this memory, which it did not allocate");
  }
  auto* hint = new std::shared_ptr<BufferOwner>(std::move(owner));
  const auto release = [](napi_env, void*, void* held) {
    delete static_cast<std::shared_ptr<BufferOwner>*>(held);
  };
  napi_value buffer = nullptr;
  // Node.js runs the finalizer even where the call fails.
  CheckView(env, napi_create_external_arraybuffer(env, data, bytes, release, hint, &buffer), bytes);
  return {env, buffer};
}
