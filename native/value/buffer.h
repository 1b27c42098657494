// ArrayBuffers over memory that V8 did not allocate.
#pragma once

#include <napi.h>

#include <memory>

// Keeps the memory of an external ArrayBuffer alive. The ArrayBuffer's finalizer waits for the event loop;
// whoever detaches the ArrayBuffer may release the memory at once.
class BufferOwner {
 public:
  BufferOwner(std::shared_ptr<void> memory, void* data, size_t bytes);
  ~BufferOwner() { Release(); }
  BufferOwner(const BufferOwner&) = delete;
  BufferOwner& operator=(const BufferOwner&) = delete;

  void Release();

  // Any thread: the memory that `data` is in, if JavaScript sees it through an external ArrayBuffer. The
  // ArrayBuffer itself may be another one since, because a transfer moves the memory.
  static std::shared_ptr<void> MemoryAt(const void* data);

 private:
  std::shared_ptr<void> memory_;
  const char* data_;
  size_t bytes_;
};

// Zeroed memory of V8's. Throws ERR_OUT_OF_MEMORY, where Node-API ends the process.
Napi::ArrayBuffer NewArrayBuffer(Napi::Env env, size_t bytes);

// It keeps the owner alive.
Napi::Value ExternalArrayBuffer(Napi::Env env, void* data, size_t bytes, std::shared_ptr<BufferOwner> owner);
