// The native state behind the objects of one environment.
#pragma once

#include <napi.h>

#include <cstddef>

// A wrapper's place in the list.
class WrapperLink {
 public:
  WrapperLink() = default;
  WrapperLink(const WrapperLink&) = delete;
  WrapperLink& operator=(const WrapperLink&) = delete;

 protected:
  // The list may be destroyed before its wrappers: those that remain are still a valid ring.
  virtual ~WrapperLink();

  // Whether V8 has collected the object.
  virtual bool Collected() const { return false; }
  // Deletes the wrapper, as the finalizer would that Node.js has not run yet.
  virtual void Delete(Napi::Env) {}

 private:
  friend class Wrappers;
  WrapperLink* previous_ = this;
  WrapperLink* next_ = this;
};

// Node.js runs finalizers when the event loop turns: in a loop that never yields, wrappers of collected
// objects would accumulate with the memory that they hold. So a new wrapper deletes those now and then. JS
// thread.
class Wrappers {
 public:
  void Add(Napi::Env env, WrapperLink& wrapper);

 private:
  class Head final : public WrapperLink {};
  // The number that remains.
  size_t DeleteCollected(Napi::Env env);

  static constexpr size_t kLeast = 256;

  Head head_;
  size_t added_ = 0;       // since the list was last searched,
  size_t limit_ = kLeast;  // and at which number it is searched again: each wrapper costs constant time
};
