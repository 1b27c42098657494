// Memory of ours, or of ONNX Runtime's, as JavaScript sees it.
#pragma once

#include <napi.h>

#include <memory>

// What keeps the memory under an external ArrayBuffer alive. The ArrayBuffer's finalizer waits for a turn of
// the event loop; whoever detaches the ArrayBuffer may let go of the memory at once.
struct BufferOwner {
  std::shared_ptr<void> memory;
};

// Memory as an ArrayBuffer, which keeps its owner alive.
Napi::Value ExternalArrayBuffer(Napi::Env env, void* data, size_t bytes, std::shared_ptr<BufferOwner> owner);
