// Descriptors of cuDNN's graph API: attributes by number, as they were set.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "cudnn/tensor.h"

namespace sim::cudnn {

enum DescriptorType {
  kConvolutionDescriptor = 1,
  kEngineConfigDescriptor = 3,
  kHeuristicDescriptor = 4,
  kPlanDescriptor = 5,
  kConvolutionForward = 10,
  kPointwise = 13,
};

enum Attribute {
  kPointwiseMode = 0,
  kReluLowerClip = 3,
  kReluUpperClip = 4,
  kReluSlope = 5,
  kEluAlpha = 6,
  kConvolutionMode = 101,
  kDilations = 102,
  kStrides = 103,
  kPrePaddings = 105,
  kHeuristicGraph = 201,
  kHeuristicResults = 202,
  kConfigEngine = 300,
  kConfigWorkspace = 303,
  kConfigSharedMemory = 304,
  kPlanConfig = 401,
  kPlanWorkspace = 402,
  kConvolutionAlpha = 700,
  kConvolutionBeta = 701,
  kConvolutionDescription = 702,
  kConvolutionW = 703,
  kConvolutionX = 704,
  kConvolutionY = 705,
  kPointwiseDescription = 750,
  kPointwiseX = 751,
  kPointwiseB = 752,
  kPointwiseY = 753,
  kPointwiseAlpha1 = 754,
  kPointwiseAlpha2 = 755,
  kGraphOperations = 801,
  kTensorType = 901,
  kTensorDims = 902,
  kTensorStrides = 903,
  kTensorId = 906,
  kTensorIsVirtual = 907,
  kPackIds = 1000,
  kPackPointers = 1001,
  kEngineGraph = 1300,
  kEngineIndex = 1301,
};

struct Descriptor;

// Of descriptors there are copies: the caller may destroy its own once the one that has them is finalized.
struct Value {
  int type = 0;
  std::int64_t count = 0;
  std::vector<std::uint8_t> bytes;
  std::vector<std::shared_ptr<const Descriptor>> children;
};

struct Descriptor {
  int type = 0;
  std::map<int, Value> values;

  bool Has(int attribute) const { return values.count(attribute) != 0; }
  template <typename T>
  std::vector<T> All(int attribute) const {
    const auto at = values.find(attribute);
    if (at == values.end()) return {};
    std::vector<T> found(at->second.bytes.size() / sizeof(T));
    std::memcpy(found.data(), at->second.bytes.data(), found.size() * sizeof(T));
    return found;
  }
  template <typename T>
  T Get(int attribute, T otherwise = {}) const {
    const std::vector<T> all = All<T>(attribute);
    return all.empty() ? otherwise : all[0];
  }
  const Descriptor& Child(int attribute) const { return *Children(attribute).at(0); }
  const std::vector<std::shared_ptr<const Descriptor>>& Children(int attribute) const {
    return values.at(attribute).children;
  }
  // A float or a double, as it was set.
  double Number(int attribute, double otherwise) const;
};

// Whether each operation of a graph is simulated.
bool IsSimulated(const Descriptor& graph);
// Queues the graph of a plan.
int Execute(void* handle, const Descriptor& plan, const Descriptor& pack);

}  // namespace sim::cudnn
