// Random cells, inputs and states for property tests: every kind, every option, sizes from 1, odd
// ones included. Equal seeds give equal draws, on every machine.
//
// Thread safety: a generator belongs to one thread.
#ifndef CELLAR_TESTS_TESTING_RANDOM_CELL_H_
#define CELLAR_TESTS_TESTING_RANDOM_CELL_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "server/cell/cell_shape.h"
#include "server/cell/cell_state.h"
#include "server/cell/cell_weights.h"
#include "server/cell/numerics.h"

namespace cellar {

struct RandomCellOptions {
  std::optional<CellKind> kind = std::nullopt;        // nothing: any
  int64_t max_size = 20;                              // of I and H
  std::optional<int64_t> input_size = std::nullopt;   // nothing: up to max_size
  std::optional<int64_t> hidden_size = std::nullopt;  // nothing: up to max_size
  bool variants = true;  // peepholes, projection and other activations, sometimes
};

// Weights between -1 and 1; a few are 0, -0 or denormal.
template <class Real>
CellWeights<Real> RandomCell(std::mt19937_64& generator, const RandomCellOptions& options = {});

// Activation rule, rounding and its scope; the precision is that of Real.
template <class Real>
Numerics RandomNumerics(std::mt19937_64& generator);

// `count` numbers between -2 and 2; a few are 0, -0 or denormal.
template <class Real>
std::vector<Real> RandomVector(std::mt19937_64& generator, int64_t count);

template <class Real>
CellState<Real> RandomState(std::mt19937_64& generator, const CellShape& shape);

// The kind in words, for messages: "LSTM 3x5->2" is I = 3, H = 5, P = 2.
template <class Real>
std::string Describe(const CellWeights<Real>& weights);

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_RANDOM_CELL_H_
