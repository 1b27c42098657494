// fake_cuda.node: the fake driver and its control, for JavaScript. fake-cuda.mjs documents it. It is linked
// to the library that the addon opens, so that both use one driver.
#include <napi.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "driver_call.h"
#include "fake_cuda.h"

namespace {

Napi::Number Count(Napi::Env env, uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

void Reset(const Napi::CallbackInfo&) { fake_cuda_reset(); }

// fail(name | null, n, code, sticky)
void Fail(const Napi::CallbackInfo& info) {
  const std::string name = info[0].IsString() ? info[0].As<Napi::String>().Utf8Value() : "";
  const auto n = static_cast<uint64_t>(info[1].As<Napi::Number>().Int64Value());
  const auto code = static_cast<CUresult>(info[2].As<Napi::Number>().Int32Value());
  const char* function = info[0].IsString() ? name.c_str() : nullptr;
  if (!fake_cuda_fail(function, n, code, info[3].As<Napi::Boolean>())) {
    throw Napi::Error::New(info.Env(), "the driver has no function " + name + ", or n or the code is 0");
  }
}

Napi::Value PendingFaults(const Napi::CallbackInfo& info) {
  return Count(info.Env(), fake_cuda_pending_faults());
}

// setCapturing(capturing, eventQueries)
void SetCapturing(const Napi::CallbackInfo& info) {
  fake_cuda_set_capturing(info[0].As<Napi::Boolean>(), info[1].As<Napi::Boolean>());
}

// setNodeType(type)
void SetNodeType(const Napi::CallbackInfo& info) {
  fake_cuda_set_node_type(static_cast<CUgraphNodeType>(info[0].As<Napi::Number>().Int32Value()));
}

// flush(stream | undefined): CUresult
Napi::Value Flush(const Napi::CallbackInfo& info) {
  CUresult result = CUDA_SUCCESS;
  if (info[0].IsBigInt()) {
    result = fake_cuda_flush(FromJs<CUstream>(info[0]));
  } else {
    fake_cuda_flush_all();
  }
  return Napi::Number::New(info.Env(), result);
}

Napi::Value Calls(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::vector<FakeCudaCall> calls(fake_cuda_calls(nullptr, 0));
  // Other threads may have called meanwhile: these are omitted.
  const size_t count = std::min(fake_cuda_calls(calls.data(), calls.size()), calls.size());
  const auto result = Napi::Array::New(env, count);
  for (uint32_t i = 0; i < count; ++i) {
    const auto call = Napi::Object::New(env);
    call.Set("seq", Count(env, calls[i].sequence));
    call.Set("name", Napi::String::New(env, calls[i].name));
    call.Set("thread", Napi::Number::New(env, calls[i].thread));
    call.Set("stream", Napi::Number::New(env, calls[i].stream));
    call.Set("bytes", Count(env, calls[i].bytes));
    call.Set("result", Napi::Number::New(env, calls[i].result));
    result.Set(i, call);
  }
  return result;
}

void ClearCalls(const Napi::CallbackInfo&) { fake_cuda_clear_calls(); }

Napi::Value Live(const Napi::CallbackInfo& info) {
  const FakeCudaLive live = fake_cuda_live();
  const auto result = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, uint64_t value) { result.Set(name, Count(info.Env(), value)); };
  set("deviceBlocks", live.device_blocks);
  set("deviceBytes", live.device_bytes);
  set("peakDeviceBytes", live.peak_device_bytes);
  set("pinnedBlocks", live.pinned_blocks);
  set("pinnedBytes", live.pinned_bytes);
  set("peakPinnedBytes", live.peak_pinned_bytes);
  set("streams", live.streams);
  set("events", live.events);
  set("graphs", live.graphs);
  set("primaryRetains", live.primary_retains);
  set("contextDepth", live.context_depth);
  return result;
}

Napi::Value Violations(const Napi::CallbackInfo& info) {
  const size_t count = fake_cuda_violations();
  const auto result = Napi::Array::New(info.Env());
  for (size_t i = 0; i < count; ++i) {
    std::string text(fake_cuda_violation(i, nullptr, 0) + 1, '\0');
    text.resize(std::min(fake_cuda_violation(i, text.data(), text.size()), text.size() - 1));
    result.Set(static_cast<uint32_t>(i), Napi::String::New(info.Env(), text));
  }
  return result;
}

// The fake's device memory is host memory, which its own tests read and write.

// read(address, bytes): Buffer
Napi::Value Read(const Napi::CallbackInfo& info) {
  const auto bytes = FromJs<size_t>(info[1]);
  return Napi::Buffer<char>::Copy(info.Env(), FromJs<const char*>(info[0]), bytes);
}

// write(address, bytes)
void Write(const Napi::CallbackInfo& info) {
  const auto bytes = info[1].As<Napi::Uint8Array>();
  std::memcpy(FromJs<void*>(info[0]), bytes.Data(), bytes.ByteLength());
}

// arrayAddress(bytes): bigint, for as long as the caller keeps the array
Napi::Value ArrayAddress(const Napi::CallbackInfo& info) {
  return ToJs<void*>(info.Env(), info[0].As<Napi::Uint8Array>().Data());
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("reset", Napi::Function::New<Reset>(env));
  exports.Set("fail", Napi::Function::New<Fail>(env));
  exports.Set("pendingFaults", Napi::Function::New<PendingFaults>(env));
  exports.Set("setCapturing", Napi::Function::New<SetCapturing>(env));
  exports.Set("setNodeType", Napi::Function::New<SetNodeType>(env));
  exports.Set("flush", Napi::Function::New<Flush>(env));
  exports.Set("calls", Napi::Function::New<Calls>(env));
  exports.Set("clearCalls", Napi::Function::New<ClearCalls>(env));
  exports.Set("live", Napi::Function::New<Live>(env));
  exports.Set("violations", Napi::Function::New<Violations>(env));
  exports.Set("read", Napi::Function::New<Read>(env));
  exports.Set("write", Napi::Function::New<Write>(env));
  exports.Set("arrayAddress", Napi::Function::New<ArrayAddress>(env));
  const auto driver = Napi::Object::New(env);
#define CUDA_FUNCTION(name, params)      \
  driver.Set(#name, Napi::Function::New( \
                        env, [](const Napi::CallbackInfo& info) { return CallDriver(&name, info); }));
#include "device/cuda/driver_functions.inc"
#undef CUDA_FUNCTION
  exports.Set("driver", driver);
  return exports;
}

}  // namespace

NODE_API_MODULE(fake_cuda, Init)
