#include "external_buffer.h"

#include "ort/error.h"

Napi::Value ExternalArrayBuffer(Napi::Env env, void* data, size_t bytes, std::shared_ptr<BufferOwner> owner) {
  if (bytes == 0) return Napi::ArrayBuffer::New(env, 0);
  auto* hint = new std::shared_ptr<BufferOwner>(std::move(owner));
  const auto release = [](napi_env, void*, void* held) {
    delete static_cast<std::shared_ptr<BufferOwner>*>(held);
  };
  napi_value buffer = nullptr;
  const napi_status status = napi_create_external_arraybuffer(env, data, bytes, release, hint, &buffer);
  if (status == napi_ok) return {env, buffer};
  // Whatever else fails, Node has taken the finalizer and runs it.
  if (status != napi_no_external_buffers_allowed) throw Napi::Error::New(env);
  delete hint;
  throw ort::Error(
      "ERR_NO_EXTERNAL_BUFFERS",
      "this JavaScript engine refuses external ArrayBuffers, so memory cannot be shared with it");
}
