// The model of the in-process benchmarks.
//
// Thread safety: called by one thread.
#ifndef CELLAR_TESTS_BENCH_LSTM_OF_H_
#define CELLAR_TESTS_BENCH_LSTM_OF_H_

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "server/model/model.h"

namespace cellar {

// An LSTM, input size = hidden size, always the same.
inline std::shared_ptr<const Model> LstmOf(int64_t hidden) {
  static std::map<int64_t, std::shared_ptr<const Model>> models;
  std::shared_ptr<const Model>& model = models[hidden];
  if (model != nullptr) return model;
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> draw(-0.1F, 0.1F);
  const auto numbers = [&](int64_t count) {
    std::vector<float> drawn(static_cast<size_t>(count));
    for (float& number : drawn) number = draw(generator);
    return drawn;
  };
  const auto gate = [&](Activation activation) {
    return GateWeights<float>{numbers(hidden * hidden), numbers(hidden * hidden), numbers(hidden),
                              activation};
  };
  LstmWeights<float> cell;
  cell.shape = {CellKind::kLstm, hidden, hidden, hidden};
  cell.forget_gate = gate(Activation::kSigmoid);
  cell.input_gate = gate(Activation::kSigmoid);
  cell.output_gate = gate(Activation::kSigmoid);
  cell.candidate = gate(Activation::kTanh);
  LayerStack<float> stack;
  stack.layers = {std::move(cell)};
  model = std::make_shared<Model>("bench", "", std::move(stack), absl::UnixEpoch());
  return model;
}

}  // namespace cellar

#endif  // CELLAR_TESTS_BENCH_LSTM_OF_H_
