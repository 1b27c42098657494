// Copies of tensors, on the calling thread and on another one.
#include "copies.h"

#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "convert.h"
#include "env/addon_data.h"
#include "env/pool_worker.h"
#include "ort/environment.h"
#include "value.h"

namespace {

// Between devices that cannot copy to each other.
void CopyThroughHost(const device::Copy& copy, device::Device& from, device::Device& to) {
  auto memory = device::HostMemory::Allocate(copy.to.bytes, device::HostMemory::Fill::kNone);
  const auto host = device::MakeTensorLike(copy.from.value, std::move(memory), ort::CpuMemoryInfo());
  from.CopyOut({copy.from, host.view()});
  to.CopyIn({host.view(), copy.to});
}

using Pairs = std::vector<std::pair<std::shared_ptr<ValueState>, std::shared_ptr<ValueState>>>;

// In order. JavaScript may detach what a typed array lends: its stand-in is copied.
class Copies {
 public:
  // Nothing is copied unless all of it can be.
  Copies(Napi::Env env, Pairs pairs) : pairs_(std::move(pairs)), in_use_(AddonData::Of(env).in_flight) {
    for (const auto& [from, to] : pairs_) to->CheckCopy(env, *from);
    const InFlight& in_flight = *AddonData::Of(env).in_flight;
    for (const auto& [from, to] : pairs_) {
      from->CopyIn(in_flight);
      in_use_.Add(from, Access::kRead);
      views_.emplace_back(from->Safe(), to->Safe());
      in_use_.Add(to, Access::kWrite);
    }
  }

  void operator()() const {
    for (size_t i = 0; i < pairs_.size(); ++i) {
      const auto& [from, to] = pairs_[i];
      CopyTensor(views_[i].first, *from, views_[i].second, *to);
    }
  }

  // Throws ERR_DETACHED, after all other targets were written.
  Napi::Value Result(Napi::Env env) const {
    std::optional<ort::Error> failed;
    for (const auto& [_, to] : pairs_) {
      ort::CatchInto(failed, [&] { to->CopyOut(env, in_use_.id()); });
    }
    if (failed) throw *failed;
    return env.Undefined();
  }

 private:
  Pairs pairs_;
  std::vector<std::pair<device::TensorView, device::TensorView>> views_;
  InUse in_use_;
};

Napi::Value Start(Napi::Env env, Pairs pairs) {
  return PoolWorker<Copies>::Start(env, Copies(env, std::move(pairs)));
}

}  // namespace

void CopyTensor(const device::TensorView& from, const device::Location& where, const device::TensorView& to,
                const device::Location& target) {
  if (to.bytes == 0) return;
  const device::Copy copy{from, to};
  if (!where.OnDevice() && !target.OnDevice()) {
    std::memmove(to.data, from.data, to.bytes);
  } else if (!where.OnDevice()) {
    target.device->CopyIn(copy);
  } else if (!target.OnDevice()) {
    where.device->CopyOut(copy);
  } else if (where.device != target.device) {
    if (!where.device->CopyAcross(copy, *target.device)) {
      CopyThroughHost(copy, *where.device, *target.device);
    }
  } else if (from.data != to.data) {
    device::Device& device = *target.device;
    const bool overlaps = device.Range(to.data, to.bytes).Overlaps(device.Range(from.data, to.bytes));
    if (overlaps) return CopyThroughHost(copy, device, device);
    device.CopyWithin(copy);
  }
}

// copyToAsync(target: EngineValue): Promise<void>
Napi::Value Value::CopyToAsync(const Napi::CallbackInfo& info) {
  return Start(info.Env(), {{State(), State(info[0])}});
}

// copyAll(sources: readonly EngineValue[], targets: readonly EngineValue[]): Promise<void>
Napi::Value Value::CopyAll(const Napi::CallbackInfo& info) {
  const auto sources = info[0].As<Napi::Array>();
  const auto targets = info[1].As<Napi::Array>();
  Pairs pairs;
  for (uint32_t i = 0; i < sources.Length(); ++i) pairs.emplace_back(State(sources[i]), State(targets[i]));
  return Start(info.Env(), std::move(pairs));
}
