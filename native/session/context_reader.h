// A JavaScript function that gives an execution provider the data of its EPContext nodes while a model loads.
#pragma once

#include <napi.h>

#include <memory>

#include "ort/handles.h"

class ContextReader {
 public:
  // `callback(name)` returns a Uint8Array.
  ContextReader(Napi::Env env, Napi::Function callback);
  // Any thread.
  ~ContextReader();
  ContextReader(const ContextReader&) = delete;
  ContextReader& operator=(const ContextReader&) = delete;

  // The session of the options must not outlive this. Throws ERR_NOT_SUPPORTED.
  void Serve(OrtSessionOptions* options) const;

  // Any thread: ends the calls that wait for the JS thread, and refuses further ones.
  void Cancel() noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;
};
