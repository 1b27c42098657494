// The memory that asynchronous work of an environment reads and writes until it has ended. JS thread.
#pragma once

#include <napi.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "device/device.h"

enum class Access { kRead, kWrite, kStep };  // kStep: a run reads a state and writes it

struct MemoryUse {
  const void* value = nullptr;   // what strings, and memory of a device, are distinguished by
  device::HostRange range = {};  // of host memory
  Access access = Access::kRead;
  const void* session = nullptr;  // its runs are done in the order of the calls; null: in no order
  uint64_t by = 0;
  // A user's ArrayBuffer or typed array, whose memory this is until JavaScript detaches it; null: none.
  const Napi::Reference<Napi::Value>* array = nullptr;

  bool writes() const noexcept { return access != Access::kRead; }
  bool Shares(const MemoryUse& other) const {
    if (value != nullptr && value == other.value) return true;
    return range.bytes > 0 && other.range.bytes > 0 && range.Overlaps(other.range) && !Detached() &&
           !other.Detached();
  }
  // Readers share memory. In one session a run reads what an earlier one writes, and writes what it has read,
  // as the steps of one state do; two others that write leave the first one's caller the second one's result.
  bool Conflicts(const MemoryUse& other) const {
    const bool ordered = session != nullptr && session == other.session;
    const bool steps = access == Access::kStep && other.access == Access::kStep;
    return (ordered ? writes() && other.writes() && !steps : writes() || other.writes()) && Shares(other);
  }

 private:
  // Whether the memory was freed, and may be another value's since.
  bool Detached() const {
    if (array == nullptr) return false;
    const Napi::Value value = array->Value();
    const napi_value buffer =
        value.IsTypedArray() ? napi_value(value.As<Napi::TypedArray>().ArrayBuffer()) : napi_value(value);
    bool detached = false;
    napi_is_detached_arraybuffer(array->Env(), buffer, &detached);
    return detached;
  }
};

class InFlight {
 public:
  uint64_t NextId() noexcept { return ++last_id_; }
  void Add(const MemoryUse& use) { uses_.push_back(use); }
  void Remove(uint64_t by) noexcept {
    std::erase_if(uses_, [by](const MemoryUse& use) { return use.by == by; });
  }

  // A run of the session on the JS thread has ended, and with it all before it: their uses.
  std::vector<MemoryUse> TakeRuns(const void* session) {
    const auto runs = [session](const MemoryUse& use) { return use.session == session; };
    std::vector<MemoryUse> taken;
    std::copy_if(uses_.begin(), uses_.end(), std::back_inserter(taken), runs);
    std::erase_if(uses_, runs);
    return taken;
  }

  bool empty() const noexcept { return uses_.empty(); }
  // The use in flight that forbids another; null: none does.
  const MemoryUse* Conflict(const MemoryUse& use) const {
    const auto found = std::find_if(uses_.begin(), uses_.end(),
                                    [&](const MemoryUse& other) { return use.Conflicts(other); });
    return found == uses_.end() ? nullptr : &*found;
  }
  // Whether other work writes the value.
  bool OthersWrite(const void* value, uint64_t by) const noexcept {
    return std::any_of(uses_.begin(), uses_.end(), [&](const MemoryUse& use) {
      return use.value == value && use.writes() && use.by != by;
    });
  }
  // Whether memory is in use, and the last use that writes it.
  std::pair<bool, const MemoryUse*> FindUses(const MemoryUse& memory) const {
    std::pair<bool, const MemoryUse*> found{};
    for (const MemoryUse& use : uses_) {
      if (!use.Shares(memory)) continue;
      found.first = true;
      if (use.writes()) found.second = &use;
    }
    return found;
  }

 private:
  std::vector<MemoryUse> uses_;
  uint64_t last_id_ = 0;
};
