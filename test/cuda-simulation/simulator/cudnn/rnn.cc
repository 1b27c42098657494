#include "cudnn/rnn.h"

#include <algorithm>
#include <cmath>

namespace sim::cudnn {

namespace {

double Sigmoid(double v) { return 1 / (1 + std::exp(-v)); }

std::vector<double> Read(const void* address, std::size_t count, int type) {
  std::vector<double> values(count, 0);
  if (address == nullptr || count == 0) return values;
  const std::uint8_t* from = At(address, count * TypeSize(type));
  for (std::size_t i = 0; i < count; ++i) values[i] = Load(from + i * TypeSize(type), type);
  return values;
}

void Write(void* address, const std::vector<double>& values, int type) {
  if (address == nullptr || values.empty()) return;
  std::uint8_t* to = At(address, values.size() * TypeSize(type));
  for (std::size_t i = 0; i < values.size(); ++i) Store(to + i * TypeSize(type), type, values[i]);
}

// One direction of one sequence.
class Walk {
 public:
  Walk(const Rnn& rnn, const std::vector<double>& weights, std::size_t direction)
      : rnn_(rnn), weights_(weights), direction_(direction) {}

  // Advances the state `h`, and `c` of an LSTM, by an element of the sequence.
  void Step(const double* x, double* h, double* c) const {
    const std::size_t n = rnn_.hidden, gates = rnn_.Gates();
    std::vector<double> of_x(gates * n), of_h(gates * n);
    for (std::size_t gate = 0; gate < gates; ++gate) {
      for (std::size_t unit = 0; unit < n; ++unit) {
        of_x[gate * n + unit] = Sum(gate, unit, x, rnn_.input);
        of_h[gate * n + unit] = Sum(gates + gate, unit, h, n);
      }
    }
    for (std::size_t unit = 0; unit < n; ++unit) {
      const auto both = [&](std::size_t gate) { return of_x[gate * n + unit] + of_h[gate * n + unit]; };
      switch (rnn_.cell) {
        case kLstm:  // input, forget, new, output
          c[unit] = Sigmoid(both(1)) * c[unit] + Sigmoid(both(0)) * std::tanh(both(2));
          h[unit] = Sigmoid(both(3)) * std::tanh(c[unit]);
          break;
        case kGru: {  // reset, update, new
          const double update = Sigmoid(both(1));
          const double next = std::tanh(of_x[2 * n + unit] + Sigmoid(both(0)) * of_h[2 * n + unit]);
          h[unit] = (1 - update) * next + update * h[unit];
          break;
        }
        default:
          h[unit] = rnn_.cell == kRnnRelu ? std::max(both(0), 0.0) : std::tanh(both(0));
      }
    }
  }

 private:
  double Sum(std::size_t gate, std::size_t unit, const double* of, std::size_t count) const {
    const double* row = weights_.data() + rnn_.MatrixAt(direction_, gate) + unit * count;
    double sum = rnn_.biased ? weights_[rnn_.BiasAt(direction_, gate) + unit] : 0;
    for (std::size_t i = 0; i < count; ++i) sum += row[i] * of[i];
    return sum;
  }

  const Rnn& rnn_;
  const std::vector<double>& weights_;
  std::size_t direction_;
};

}  // namespace

void RunRnn(const Rnn& rnn, const Sequences& x, const Sequences& y, const RnnData& data) {
  const auto directions = static_cast<std::size_t>(rnn.directions);
  const std::size_t n = rnn.hidden, states = directions * x.batch * n;
  const std::vector<double> in = Read(data.x, x.Count(), rnn.type);
  const std::vector<double> weights = Read(data.weights, directions * rnn.DirectionSize(), rnn.type);
  std::vector<double> h = Read(data.hx, states, rnn.type), c = Read(data.cx, states, rnn.type);
  std::vector<double> out(y.Count(), 0);  // the padding stays 0
  for (std::size_t direction = 0; direction < directions; ++direction) {
    const Walk walk(rnn, weights, direction);
    for (std::size_t b = 0; b < x.batch; ++b) {
      const std::size_t length = x.lengths.empty() ? x.time : static_cast<std::size_t>(x.lengths[b]);
      const std::size_t state = (direction * x.batch + b) * n;
      for (std::size_t i = 0; i < length; ++i) {
        const std::size_t t = direction == 0 ? i : length - 1 - i;
        walk.Step(in.data() + x.At(t, b), h.data() + state, c.data() + state);
        std::copy_n(h.begin() + static_cast<std::ptrdiff_t>(state), n,
                    out.begin() + static_cast<std::ptrdiff_t>(y.At(t, b) + direction * n));
      }
    }
  }
  Write(data.y, out, rnn.type);
  Write(data.hy, h, rnn.type);
  if (rnn.cell == kLstm) Write(data.cy, c, rnn.type);
}

}  // namespace sim::cudnn
