// Work on a thread of libuv's pool.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <utility>

#include "js_error.h"

// Deletes itself on the JavaScript thread once the promise is settled, and the work with it.
template <typename Work>
class PoolWorker final : public Napi::AsyncWorker {
 public:
  // JS thread. The promise rejects with what `work` throws on the other thread.
  static Napi::Promise Start(Napi::Env env, Work work) {
    std::unique_ptr<PoolWorker> worker(new PoolWorker(env, std::move(work)));
    const Napi::Promise promise = worker->promise_.Promise();
    worker->Queue();
    static_cast<void>(worker.release());
    return promise;
  }

 protected:
  void Execute() override { ort::CatchInto(error_, work_); }
  void OnOK() override {
    try {
      Guard(Env(), [this] {
        if (error_) throw *error_;
        Resolve();
      });
    } catch (const Napi::Error& thrown) {
      promise_.Reject(thrown.Value());
    }
  }

 private:
  // With the result of the work, if it has one.
  void Resolve() {
    if constexpr (requires { work_.Result(Env()); }) {
      promise_.Resolve(work_.Result(Env()));
    } else {
      promise_.Resolve(Env().Undefined());
    }
  }

  PoolWorker(Napi::Env env, Work work) : AsyncWorker(env), work_(std::move(work)), promise_(env) {}

  Work work_;
  Napi::Promise::Deferred promise_;
  std::optional<ort::Error> error_;
};
