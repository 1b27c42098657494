// Run options that the user gives, as JavaScript holds them: for one binding, because the flag that ends a
// run early is in them.
#pragma once

#include <napi.h>

#include <memory>

#include "env/wrapped.h"
#include "run_options.h"

class UserOptions : public Wrapped<UserOptions> {
 public:
  static constexpr const char* kName = "NativeRunOptions";
  static constexpr napi_type_tag kTag = {0x1c6e1f0a5d9b4e27, 0x8f3a7b52c4d1e690};

  static Napi::Function Define(Napi::Env env);
  explicit UserOptions(const Napi::CallbackInfo& info);
  // Of an argument: throws ERR_INVALID_ARG_TYPE for an object of another class.
  static const std::shared_ptr<BindingOptions>& State(Napi::Value value) { return Argument(value).options_; }

 private:
  std::shared_ptr<BindingOptions> options_;
};
