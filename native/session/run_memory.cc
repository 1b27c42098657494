// The caller's memory that a run reads and writes.
#include <algorithm>

#include "convert.h"
#include "run.h"

// Two ArrayBuffers can be over the same memory, that of a value and of its view.
void RunCall::CheckApart(size_t target) const {
  const device::HostRange range = Range(targets_[target]);
  for (size_t other = 0; other < target; ++other) {
    const device::HostRange with = Range(targets_[other]);
    if (range.bytes == 0 || with.bytes == 0 || !range.Overlaps(with)) continue;
    throw ort::Error("ERR_MEMORY_OVERLAP", "the pre-allocated results '" + std::string(output_names_[other]) +
                                               "' and '" + output_names_[target] +
                                               "' would be written to the same memory");
  }
}

device::HostRange RunCall::Range(const Target& target) {
  if (target.array.IsEmpty()) return {};
  const Bytes bytes = ToBytes(target.array.Value());
  return {static_cast<const char*>(bytes.data), bytes.length};
}

void RunCall::CheckFree(const InFlight& in_flight) const {
  if (in_flight.empty()) return;
  for (const auto& value : fed_values_)
    value->CheckFree(in_flight, Access::kRead, session_, "an OrtValue of 'feeds'");
  for (size_t i = 0; i < targets_.size(); ++i) {
    // In no order with other runs of the session: the JS thread writes it.
    const MemoryUse use{.range = Range(targets_[i]), .access = Access::kWrite};
    if (in_flight.Conflict(use) == nullptr) continue;
    throw ort::Error("ERR_BUSY", "the pre-allocated result '" + std::string(output_names_[i]) +
                                     "' is memory that a run in flight uses");
  }
}

bool RunCall::ReadsWritten(const InFlight& in_flight) const {
  return std::any_of(fed_values_.begin(), fed_values_.end(), [&](const auto& value) {
    return value->Conflict(in_flight, Access::kRead, nullptr) != nullptr;
  });
}

void RunCall::Use(InUse& in_use) const {
  for (const auto& value : fed_values_) in_use.Add(value, Access::kRead);
  for (const Target& target : targets_) {
    if (!target.array.IsEmpty()) in_use.AddResult(Range(target), target.array);
  }
}
