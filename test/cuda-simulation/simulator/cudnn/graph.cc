// What a graph of cuDNN's graph API computes: convolutions and operations by element.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cudnn/backend.h"
#include "cudnn/convolution.h"

namespace sim::cudnn {

namespace {

enum Mode { kAdd = 0, kMul = 1, kMin = 2, kMax = 3, kRelu = 100, kTanh = 101, kSigmoid = 102, kElu = 103 };

struct Edge {
  Tensor tensor;
  std::int64_t id;
  bool is_virtual;
};

struct Operation {
  int type = 0;
  Edge x, other, y;  // `other`: the filter, or the second operand
  bool has_other = true;
  Convolution convolution;
  int mode = 0;
  double alpha = 1, alpha2 = 1, beta = 0;
  double lower = 0, upper = INFINITY, slope = 0, elu = 1;
};

std::vector<int> Ints(const Descriptor& d, int attribute) {
  const std::vector<std::int64_t> all = d.All<std::int64_t>(attribute);
  return {all.begin(), all.end()};
}

Edge ReadEdge(const Descriptor& d) {
  return {{d.Get<int>(kTensorType), Ints(d, kTensorDims), Ints(d, kTensorStrides)},
          d.Get<std::int64_t>(kTensorId),
          d.Get<std::uint8_t>(kTensorIsVirtual) != 0};
}

Operation ReadConvolution(const Descriptor& d) {
  const Descriptor& c = d.Child(kConvolutionDescription);
  Operation o;
  o.type = d.type;
  o.x = ReadEdge(d.Child(kConvolutionX));
  o.other = ReadEdge(d.Child(kConvolutionW));
  o.y = ReadEdge(d.Child(kConvolutionY));
  o.alpha = d.Number(kConvolutionAlpha, 1);
  o.beta = d.Number(kConvolutionBeta, 0);
  o.convolution.pad = Ints(c, kPrePaddings);
  o.convolution.stride = Ints(c, kStrides);
  o.convolution.dilation = Ints(c, kDilations);
  o.convolution.mode = c.Get<int>(kConvolutionMode);
  o.convolution.groups = o.x.tensor.dims[1] / o.other.tensor.dims[1];
  return o;
}

Operation ReadPointwise(const Descriptor& d) {
  const Descriptor& p = d.Child(kPointwiseDescription);
  Operation o;
  o.type = d.type;
  o.mode = p.Get<int>(kPointwiseMode);
  o.x = ReadEdge(d.Child(kPointwiseX));
  o.y = ReadEdge(d.Child(kPointwiseY));
  o.has_other = d.Has(kPointwiseB);
  if (o.has_other) o.other = ReadEdge(d.Child(kPointwiseB));
  o.alpha = d.Number(kPointwiseAlpha1, 1);
  o.alpha2 = d.Number(kPointwiseAlpha2, 1);
  o.lower = p.Number(kReluLowerClip, 0);
  o.upper = p.Number(kReluUpperClip, INFINITY);
  o.slope = p.Number(kReluSlope, 0);
  o.elu = p.Number(kEluAlpha, 1);
  return o;
}

bool IsBinary(int mode) { return mode >= kAdd && mode <= kMax; }
bool IsUnary(int mode) { return mode >= kRelu && mode <= kElu; }

double Compute(const Operation& o, double x, double b) {
  switch (o.mode) {
    case kAdd:
      return x + b;
    case kMul:
      return x * b;
    case kMin:
      return std::min(x, b);
    case kMax:
      return std::max(x, b);
    case kRelu:
      return x <= o.lower ? o.lower + o.slope * (x - o.lower) : std::min(x, o.upper);
    case kTanh:
      return std::tanh(x);
    case kSigmoid:
      return 1 / (1 + std::exp(-x));
    default:
      return x > 0 ? x : o.elu * (std::exp(x) - 1);
  }
}

// The tensors of one execution: device memory, and what is between operations.
class Memory {
 public:
  explicit Memory(std::map<std::int64_t, void*> pointers) : pointers_(std::move(pointers)) {}
  std::uint8_t* Find(const Edge& edge) {
    const std::size_t bytes = edge.tensor.Extent() * TypeSize(edge.tensor.type);
    if (!edge.is_virtual) return At(pointers_[edge.id], bytes);
    std::vector<std::uint8_t>& between = between_[edge.id];
    between.resize(bytes);
    return between.data();
  }

 private:
  std::map<std::int64_t, void*> pointers_;
  std::map<std::int64_t, std::vector<std::uint8_t>> between_;
};

void Run(const Operation& o, Memory& memory) {
  const std::uint8_t* x = memory.Find(o.x);
  const std::uint8_t* other = o.has_other ? memory.Find(o.other) : nullptr;
  std::uint8_t* y = memory.Find(o.y);
  const Tensor &xt = o.x.tensor, &bt = o.other.tensor, &yt = o.y.tensor;
  if (o.type == kConvolutionForward) {
    Convolve(xt, x, bt, other, o.convolution, yt, y, o.alpha, o.beta,
             [](double v, const std::vector<int>&, double before) { return v + before; });
    return;
  }
  Each(yt.dims, [&](const std::vector<int>& index) {
    const double a = o.alpha * Load(x + Offset(xt, index) * TypeSize(xt.type), xt.type);
    const double b =
        other == nullptr ? 0 : o.alpha2 * Load(other + Offset(bt, index) * TypeSize(bt.type), bt.type);
    Store(y + Offset(yt, index) * TypeSize(yt.type), yt.type, Compute(o, a, b));
  });
}

}  // namespace

bool IsSimulated(const Descriptor& graph) {
  const auto& all = graph.Children(kGraphOperations);
  const bool simulated = std::all_of(all.begin(), all.end(), [](const std::shared_ptr<const Descriptor>& d) {
    if (d->type == kConvolutionForward) return true;
    if (d->type != kPointwise) return false;
    const int mode = d->Child(kPointwiseDescription).Get<int>(kPointwiseMode);
    return d->Has(kPointwiseB) ? IsBinary(mode) : IsUnary(mode);
  });
  if (!simulated) std::fprintf(stderr, "cudasim: an operation of a cuDNN graph is not simulated\n");
  return simulated;
}

int Execute(void* handle, const Descriptor& plan, const Descriptor& pack) {
  const Descriptor& graph = plan.Child(kPlanConfig).Child(kConfigEngine).Child(kEngineGraph);
  std::vector<Operation> operations;
  std::string what;
  for (const auto& d : graph.Children(kGraphOperations)) {
    operations.push_back(d->type == kConvolutionForward ? ReadConvolution(*d) : ReadPointwise(*d));
    const Operation& o = operations.back();
    if (o.type == kConvolutionForward) what = Dims(o.x.tensor.dims) + " * " + Dims(o.other.tensor.dims);
  }
  const std::vector<std::int64_t> ids = pack.All<std::int64_t>(kPackIds);
  const std::vector<void*> data = pack.All<void*>(kPackPointers);
  std::map<std::int64_t, void*> pointers;
  for (std::size_t i = 0; i < std::min(ids.size(), data.size()); ++i) pointers[ids[i]] = data[i];
  return Submit("cudnnBackendExecute", handle, what, [operations, pointers] {
    Memory memory(pointers);
    for (const Operation& o : operations) Run(o, memory);
  });
}

}  // namespace sim::cudnn
