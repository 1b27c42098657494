// Recurrent networks of one layer, computed on the host when the stream gets there.
#pragma once

#include <algorithm>

#include "cudnn/tensor.h"

namespace sim::cudnn {

enum Cell { kRnnRelu = 0, kRnnTanh = 1, kLstm = 2, kGru = 3 };

struct Rnn {
  int cell = kLstm, directions = 1, type = kFloat;
  std::size_t input = 0, hidden = 0;
  bool biased = true;

  std::size_t Gates() const { return cell == kLstm ? 4 : cell == kGru ? 3 : 1; }
  // Elements before a gate's matrix in the weights: each direction has the matrices of the input, those of
  // the hidden state, then the biases of both if it has any.
  std::size_t MatrixAt(std::size_t direction, std::size_t gate) const {
    const std::size_t of_inputs = std::min(gate, Gates()) * hidden * input;
    return direction * DirectionSize() + of_inputs + (gate > Gates() ? gate - Gates() : 0) * hidden * hidden;
  }
  std::size_t BiasAt(std::size_t direction, std::size_t gate) const {
    return MatrixAt(direction, 2 * Gates()) + gate * hidden;
  }
  std::size_t DirectionSize() const { return Gates() * hidden * (input + hidden + (biased ? 2 : 0)); }
};

// Sequences, padded: the time first, or the batch.
struct Sequences {
  int type = kFloat;
  std::size_t time = 0, batch = 0, vector = 0;
  bool batch_first = false;
  std::vector<int> lengths;

  std::size_t At(std::size_t t, std::size_t b) const {
    return (batch_first ? b * time + t : t * batch + b) * vector;
  }
  std::size_t Count() const { return time * batch * vector; }
};

// What a network reads and writes in device memory; null where it is omitted.
struct RnnData {
  const void* x;
  void* y;
  const void* hx;
  void* hy;
  const void* cx;
  void* cy;
  const void* weights;
};

void RunRnn(const Rnn& rnn, const Sequences& x, const Sequences& y, const RnnData& data);

}  // namespace sim::cudnn
