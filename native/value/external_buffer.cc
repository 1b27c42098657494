#include "external_buffer.h"

#include "env/addon_data.h"

Napi::Value ExternalArrayBuffer(Napi::Env env, void* data, size_t bytes, std::shared_ptr<BufferOwner> owner) {
  if (bytes == 0) return Napi::ArrayBuffer::New(env, 0);
  if (!AddonData::Of(env).external_buffers) {
    throw ort::Error(
        "ERR_NO_EXTERNAL_BUFFERS",
        "this JavaScript engine refuses external ArrayBuffers, so it cannot be shown this memory");
  }
  auto* hint = new std::shared_ptr<BufferOwner>(std::move(owner));
  const auto release = [](napi_env, void*, void* held) {
    delete static_cast<std::shared_ptr<BufferOwner>*>(held);
  };
  napi_value buffer = nullptr;
  // Whatever fails, Node has taken the finalizer and runs it.
  if (napi_create_external_arraybuffer(env, data, bytes, release, hint, &buffer) != napi_ok)
    throw Napi::Error::New(env);
  return {env, buffer};
}
