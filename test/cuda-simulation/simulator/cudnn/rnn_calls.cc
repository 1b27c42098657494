// libcudnn.so.9: LSTM, GRU and RNN.
#include "cudnn/rnn.h"

using namespace sim;
using namespace sim::cudnn;

namespace {

constexpr int kNoBias = 0, kDoubleBias = 2, kBatchMajor = 2, kPacked = 1;

// A matrix or a vector of the weights.
void Describe(void* tensor, const Rnn& rnn, std::size_t columns) {
  const int rows = static_cast<int>(rnn.hidden), width = static_cast<int>(columns);
  Of<Tensor>(tensor) = {rnn.type, {1, rows, width}, {rows * width, width, 1}};
}

}  // namespace

SIM_EXPORT int cudnnCreateRNNDescriptor(void** d) { return Make<Rnn>(d); }
SIM_EXPORT int cudnnDestroyRNNDescriptor(void* d) { return Drop<Rnn>(d); }
SIM_EXPORT int cudnnSetRNNDescriptor_v8(void* d, int, int cell, int bias, int direction, int, int type, int,
                                        int, std::int32_t input, std::int32_t hidden, std::int32_t projection,
                                        std::int32_t layers, void*, std::uint32_t) {
  if (layers != 1 || projection != hidden || (bias != kNoBias && bias != kDoubleBias)) return kNotSupported;
  Of<Rnn>(d) = {cell,
                direction == 0 ? 1 : 2,
                type,
                static_cast<std::size_t>(input),
                static_cast<std::size_t>(hidden),
                bias == kDoubleBias};
  return kSuccess;
}
SIM_EXPORT int cudnnCreateRNNDataDescriptor(void** d) { return Make<Sequences>(d); }
SIM_EXPORT int cudnnDestroyRNNDataDescriptor(void* d) { return Drop<Sequences>(d); }
SIM_EXPORT int cudnnSetRNNDataDescriptor(void* d, int type, int layout, int time, int batch, int vector,
                                         const int* lengths, void*) {
  if (layout == kPacked) return kNotSupported;
  Of<Sequences>(d) = {type,
                      static_cast<std::size_t>(time),
                      static_cast<std::size_t>(batch),
                      static_cast<std::size_t>(vector),
                      layout == kBatchMajor,
                      {lengths, lengths + batch}};
  return kSuccess;
}
SIM_EXPORT int cudnnGetRNNWeightSpaceSize(void*, void* d, std::size_t* bytes) {
  const Rnn& rnn = Of<Rnn>(d);
  *bytes = static_cast<std::size_t>(rnn.directions) * rnn.DirectionSize() * TypeSize(rnn.type);
  return kSuccess;
}
SIM_EXPORT int cudnnGetRNNTempSpaceSizes(void*, void*, int, void*, std::size_t* work, std::size_t* reserve) {
  *work = 0;
  if (reserve != nullptr) *reserve = 0;
  return kSuccess;
}
SIM_EXPORT int cudnnGetRNNWeightParams(void*, void* d, std::int32_t direction, std::size_t, void* weights,
                                       std::int32_t gate, void* matrix, void** matrix_at, void* bias,
                                       void** bias_at) {
  const Rnn& rnn = Of<Rnn>(d);
  const auto of = static_cast<std::size_t>(direction), at = static_cast<std::size_t>(gate);
  if (at >= 2 * rnn.Gates()) return kBadParam;
  auto* begin = static_cast<std::uint8_t*>(weights);
  Describe(matrix, rnn, at < rnn.Gates() ? rnn.input : rnn.hidden);
  Describe(bias, rnn, 1);
  *matrix_at = begin + rnn.MatrixAt(of, at) * TypeSize(rnn.type);
  *bias_at = !rnn.biased ? nullptr : begin + rnn.BiasAt(of, at) * TypeSize(rnn.type);
  return kSuccess;
}
SIM_EXPORT int cudnnRNNForward(void* handle, void* rnn, int, const std::int32_t*, void* x, const void* x_data,
                               void* y, void* y_data, void*, const void* hx, void* hy, void*, const void* cx,
                               void* cy, std::size_t, const void* weights, std::size_t, void*, std::size_t,
                               void*) {
  const Sequences& in = Of<Sequences>(x);
  const std::string what =
      Dims({static_cast<int>(in.time), static_cast<int>(in.batch), static_cast<int>(in.vector)});
  return Submit(__func__, handle, what,
                [r = Of<Rnn>(rnn), in, out = Of<Sequences>(y),
                 data = RnnData{x_data, y_data, hx, hy, cx, cy, weights}] { RunRnn(r, in, out, data); });
}
