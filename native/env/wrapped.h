// The base of the classes that JavaScript uses: Session, Binding and Value.
#pragma once

#include <napi.h>

#include <string>
#include <type_traits>

#include "addon_data.h"
#include "js_error.h"
#include "wrappers.h"

// T has a `kName`, and a `kTag` of its own, which marks its objects: napi_unwrap takes an object of any
// class.
template <typename T>
class Wrapped : public Napi::ObjectWrap<T>, private WrapperLink {
 public:
  explicit Wrapped(const Napi::CallbackInfo& info) : Napi::ObjectWrap<T>(info) {
    CheckStatus(info.Env(), napi_type_tag_object(info.Env(), info.This(), &T::kTag));
    AddonData::Of(info.Env()).wrappers.Add(info.Env(), *this);
  }

  void Finalize(Napi::Env env) override { Account(env, 0); }

  // In place of node-addon-api's, which lets every exception but its own leave.
  static napi_value ConstructorCallbackWrapper(napi_env env, napi_callback_info raw) {
    return Enter(env, [&]() -> napi_value {
      const Napi::CallbackInfo info(env, raw);
      if (!info.IsConstructCall()) throw ort::Error("ERR_INVALID_ARG_TYPE", "a class is called with new");
      new T(info);  // the object's
      return info.This();
    });
  }

  // An argument, which may be anything. Too slow for each run: Unwrap is for objects that are known to be a
  // T.
  static T& Argument(Napi::Value value) {
    bool is_tagged = false;
    if (value.IsObject()) {
      CheckStatus(value.Env(), napi_check_object_type_tag(value.Env(), value, &T::kTag, &is_tagged));
    }
    if (!is_tagged) throw ort::Error("ERR_INVALID_ARG_TYPE", std::string("expected a ") + T::kName);
    return *T::Unwrap(value.As<Napi::Object>());
  }

 protected:
  // A method of the class, with its body in Guard.
  template <auto method>
  static Napi::ClassPropertyDescriptor<T> Guarded(const char* name) {
    napi_property_descriptor descriptor{};
    descriptor.utf8name = name;
    descriptor.method = Call<method>;
    return descriptor;
  }

  // Reports to V8 how many bytes outside of its heap live as long as the object.
  void Account(Napi::Env env, size_t bytes) {
    if (bytes == accounted_) return;
    Napi::MemoryManagement::AdjustExternalMemory(
        env, static_cast<int64_t>(bytes) - static_cast<int64_t>(accounted_));
    accounted_ = bytes;
  }

 private:
  bool Collected() const final { return this->Value().IsEmpty(); }
  void Delete(Napi::Env env) final {
    static_cast<T*>(this)->Finalize(env);
    delete this;
  }

  template <auto method>
  static napi_value Call(napi_env env, napi_callback_info raw) {
    return Enter(env, [&]() -> napi_value {
      const Napi::CallbackInfo info(env, raw);
      T& self = *T::Unwrap(info.This().As<Napi::Object>());
      if constexpr (std::is_void_v<decltype((self.*method)(info))>) {
        (self.*method)(info);
        return nullptr;
      } else {
        return (self.*method)(info);
      }
    });
  }

  size_t accounted_ = 0;
};
