// Sessions of one cell that step together, with room for what they show; and the same step by the
// definition.
//
// Thread safety: values.
#ifndef CELLAR_TESTS_TESTING_ROW_BATCH_H_
#define CELLAR_TESTS_TESTING_ROW_BATCH_H_

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "server/cell/bfloat16.h"
#include "server/cell/step.h"
#include "server/cell/step_rows.h"
#include "tests/testing/random_cell.h"
#include "tests/testing/shown_step.h"

namespace cellar {

// What a property of steps is tested for: numbers, and how matrices keep them.
template <class R, WeightStorage kHow = WeightStorage::kFull>
struct Stored {
  using Real = R;
  static constexpr WeightStorage kStorage = kHow;
};

template <class Real>
struct RowBatch {
  // `row_count` rows with random inputs and states; what is drawn depends on the generator alone.
  RowBatch(std::mt19937_64& generator, const CellShape& shape, int64_t row_count) {
    for (int64_t row = 0; row < row_count; ++row) {
      inputs.push_back(RandomVector<Real>(generator, shape.input_size));
      states.push_back(RandomState<Real>(generator, shape));
      shown.emplace_back(shape);
    }
  }

  int64_t size() const { return static_cast<int64_t>(inputs.size()); }

  // Row `row` as StepRows takes it. Valid while the batch stands where it is.
  StepRow<Real> Row(int64_t row) {
    StepRow<Real> step;
    step.x = inputs[row].data();
    step.h = states[row].h.data();
    step.c = states[row].c.data();
    step.trace = shown[row].Trace();
    return step;
  }

  std::vector<StepRow<Real>> Rows() {
    std::vector<StepRow<Real>> rows;
    for (int64_t row = 0; row < size(); ++row) rows.push_back(Row(row));
    return rows;
  }

  // All inputs, [rows, I].
  std::vector<Real> X() const {
    std::vector<Real> x;
    for (const std::vector<Real>& row : inputs) x.insert(x.end(), row.begin(), row.end());
    return x;
  }

  // One step of every row, alone and by the definition.
  void StepByDefinition(const CellWeights<Real>& weights, const Numerics& numerics) {
    StepWorkspace<Real> workspace;
    for (int64_t row = 0; row < size(); ++row) {
      StepCell<Real>(weights, numerics, inputs[row], states[row], workspace, shown[row].Trace());
    }
  }

  // Every bit of every row's state and trace.
  std::vector<Real> Everything() const {
    std::vector<Real> everything;
    for (int64_t row = 0; row < size(); ++row) {
      for (const std::vector<Real>& part :
           {states[row].h, states[row].c, shown[row].Everything()}) {
        everything.insert(everything.end(), part.begin(), part.end());
      }
    }
    return everything;
  }

  std::vector<std::vector<Real>> inputs;
  std::vector<CellState<Real>> states;
  std::vector<ShownStep<Real>> shown;
};

// All blocks, cut between panels anywhere, in any order.
inline std::vector<BlockRange> RandomParts(std::mt19937_64& generator, int64_t blocks,
                                           int64_t panel_blocks) {
  std::vector<BlockRange> parts;
  for (int64_t first = 0; first < blocks; first = parts.back().end) {
    const int64_t panels = 1 + static_cast<int64_t>(generator() % 3);
    parts.push_back({first, std::min(blocks, first + panels * panel_blocks)});
  }
  std::shuffle(parts.begin(), parts.end(), generator);
  return parts;
}

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_ROW_BATCH_H_
