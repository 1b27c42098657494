// libcudnn.so.9: the graph API, as cuDNN's frontend calls it. There is one engine, without a workspace.
#include "cudnn/backend.h"

#include <algorithm>
#include <cstdio>

namespace sim::cudnn {

namespace {

constexpr int kInt64Type = 3, kDoubleType = 5, kDescriptorType = 15, kInt32Type = 23;

std::size_t ElementSize(int type) {
  switch (type) {
    case 2:   // boolean
    case 19:  // char
      return 1;
    case 0:  // handle
    case 6:  // pointer
    case kInt64Type:
    case kDoubleType:
    case kDescriptorType:
      return 8;
    case 21:  // fraction
      return 16;
    default:
      return 4;
  }
}

void Set(Descriptor& d, int attribute, int type, std::int64_t count, const void* elements) {
  Value& value = d.values[attribute] = {type, count, {}, {}};
  const auto n = static_cast<std::size_t>(count);
  if (type == kDescriptorType) {
    const auto* from = static_cast<const Descriptor* const*>(elements);
    for (std::size_t i = 0; i < n; ++i) value.children.push_back(std::make_shared<Descriptor>(*from[i]));
  } else {
    const auto* from = static_cast<const std::uint8_t*>(elements);
    value.bytes.assign(from, from + n * ElementSize(type));
  }
}

template <typename T>
void SetNumber(Descriptor& d, int attribute, int type, T number) {
  Set(d, attribute, type, 1, &number);
}

// The descriptors that the caller has made for the answer become copies of what is there.
int Fill(const Descriptor& d, int attribute, void* elements) {
  Descriptor& to = **static_cast<Descriptor**>(elements);
  to.values = d.Child(attribute).values;
  return kSuccess;
}

// The one configuration of an engine that fits each graph.
int Answer(const Descriptor& heuristic, std::int64_t wanted, std::int64_t* count, void* elements) {
  const bool simulated = IsSimulated(heuristic.Child(kHeuristicGraph));
  if (count != nullptr) *count = simulated ? 1 : 0;
  if (elements == nullptr || wanted == 0 || !simulated) return kSuccess;
  Descriptor& config = **static_cast<Descriptor**>(elements);
  const Descriptor* graph = &heuristic.Child(kHeuristicGraph);
  Descriptor engine;
  Set(engine, kEngineGraph, kDescriptorType, 1, &graph);
  SetNumber(engine, kEngineIndex, kInt64Type, std::int64_t{0});
  const Descriptor* chosen = &engine;
  Set(config, kConfigEngine, kDescriptorType, 1, &chosen);
  SetNumber(config, kConfigWorkspace, kInt64Type, std::int64_t{0});
  SetNumber(config, kConfigSharedMemory, kInt32Type, std::int32_t{0});
  return kSuccess;
}

}  // namespace

double Descriptor::Number(int attribute, double otherwise) const {
  const auto at = values.find(attribute);
  if (at == values.end()) return otherwise;
  return at->second.type == kDoubleType ? Get<double>(attribute) : static_cast<double>(Get<float>(attribute));
}

}  // namespace sim::cudnn

using namespace sim;
using namespace sim::cudnn;

SIM_EXPORT int cudnnBackendCreateDescriptor(int type, void** d) {
  *d = new Descriptor{type, {}};
  return kSuccess;
}
SIM_EXPORT int cudnnBackendDestroyDescriptor(void* d) { return Drop<Descriptor>(d); }
SIM_EXPORT int cudnnBackendSetAttribute(void* d, int attribute, int type, std::int64_t count,
                                        const void* elements) {
  return Set(Of<Descriptor>(d), attribute, type, count, elements), kSuccess;
}
SIM_EXPORT int cudnnBackendGetAttribute(void* d, int attribute, int type, std::int64_t wanted,
                                        std::int64_t* count, void* elements) {
  const Descriptor& from = Of<Descriptor>(d);
  if (from.type == kHeuristicDescriptor && attribute == kHeuristicResults)
    return Answer(from, wanted, count, elements);
  const auto at = from.values.find(attribute);
  if (count != nullptr) *count = at == from.values.end() ? 0 : at->second.count;
  if (at == from.values.end() || elements == nullptr || wanted == 0) return kSuccess;
  if (type == kDescriptorType) return Fill(from, attribute, elements);
  const std::vector<std::uint8_t>& bytes = at->second.bytes;
  std::memcpy(elements, bytes.data(),
              std::min(bytes.size(), static_cast<std::size_t>(wanted) * ElementSize(type)));
  return kSuccess;
}
SIM_EXPORT int cudnnBackendFinalize(void* d) {
  Descriptor& descriptor = Of<Descriptor>(d);
  if (descriptor.type == kPlanDescriptor) SetNumber(descriptor, kPlanWorkspace, kInt64Type, std::int64_t{0});
  return kSuccess;
}
SIM_EXPORT int cudnnBackendExecute(void* handle, void* plan, void* pack) {
  return Execute(handle, Of<Descriptor>(plan), Of<Descriptor>(pack));
}
