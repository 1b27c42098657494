#include "copy.h"

#include <cstring>

#include "device/host_memory.h"
#include "env/addon_data.h"
#include "env/catch.h"
#include "ort/environment.h"
#include "ort/metadata.h"

namespace {

// From one device to another that knows nothing of it.
void CopyOverHost(const device::Copy& copy, device::Device& from, device::Device& to) {
  const ort::TensorShape shape = ort::ShapeOf(copy.from.value);
  const device::Tensor host =
      device::MakeTensor(device::HostMemory::Allocate(copy.to.bytes, device::HostMemory::Fill::kNone),
                         ort::CpuMemoryInfo(), shape.type, shape.dims);
  from.CopyOut({copy.from, host.view()});
  to.CopyIn({host.view(), copy.to});
}

void CheckCopyable(const ValueState& from, const ValueState& to) {
  if (from.kind != ONNX_TYPE_TENSOR || from.IsString() || from.type != to.type || from.dims != to.dims) {
    throw ort::Error("ERR_TYPE_MISMATCH", "a tensor is copied to one of the same type and shape");
  }
  if ((from.OnDevice() && from.writers > 0) || (to.OnDevice() && to.InUse())) {
    throw ort::Error("ERR_BUSY", "the memory on the device is in use by a run in flight");
  }
}

// On a thread of libuv's pool.
class CopyWorker final : public Napi::AsyncWorker {
 public:
  CopyWorker(Napi::Env env, std::shared_ptr<ValueState> from, std::shared_ptr<ValueState> to)
      : AsyncWorker(env),
        from_(std::move(from)),
        to_(std::move(to)),
        in_use_(InUse::By::kCopy),
        promise_(env) {
    in_use_.Read(from_);
    in_use_.Write(to_);
  }
  Napi::Promise promise() const { return promise_.Promise(); }

 protected:
  void Execute() override {
    CatchInto(error_, [this] { CopyTensor(from_->view(), *from_, to_->view(), *to_); });
  }
  void OnOK() override {
    if (error_) {
      promise_.Reject(ToJsError(Env(), *error_));
    } else {
      promise_.Resolve(Env().Undefined());
    }
  }

 private:
  std::shared_ptr<ValueState> from_;
  std::shared_ptr<ValueState> to_;
  InUse in_use_;
  Napi::Promise::Deferred promise_;
  std::optional<ort::Error> error_;
};

}  // namespace

void CopyTensor(const device::TensorView& from, const device::Location& from_where,
                const device::TensorView& to, const device::Location& to_where) {
  if (to.bytes == 0) return;
  const device::Copy copy{from, to};
  if (!from_where.OnDevice() && !to_where.OnDevice()) {
    std::memmove(to.data, from.data, to.bytes);
  } else if (!from_where.OnDevice()) {
    to_where.device->CopyIn(copy);
  } else if (!to_where.OnDevice()) {
    from_where.device->CopyOut(copy);
  } else if (from_where.device == to_where.device) {
    from_where.device->CopyWithin(copy);
  } else if (!from_where.device->CopyAcross(copy, *to_where.device)) {
    CopyOverHost(copy, *from_where.device, *to_where.device);
  }
}

// copyTo(value)
Napi::Value Value::CopyTo(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    const ValueState& from = State();
    const ValueState& to = *StateOf(info[0]);
    from.CheckAttached(info.Env());
    to.CheckAttached(info.Env());
    CheckCopyable(from, to);
    CopyTensor(from.view(), from, to.view(), to);
    return info.Env().Undefined();
  });
}

// copyToAsync(value): promise
Napi::Value Value::CopyToAsync(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&]() -> Napi::Value {
    State();
    const std::shared_ptr<ValueState>& to = StateOf(info[0]);
    state_->CheckAttached(info.Env());
    to->CheckAttached(info.Env());
    CheckCopyable(*state_, *to);
    auto* worker = new CopyWorker(info.Env(), state_, to);  // deletes itself
    worker->Queue();
    return worker->promise();
  });
}
