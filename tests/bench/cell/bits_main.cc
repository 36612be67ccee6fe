// Counts numbers that differ from the definition of a step, by the kernels that the other programs
// here measure: whoever shares the batch, on every target that runs here, with inputs multiplied
// beforehand, and by two threads. Prints one line of JSON. (Tests ask the same of thousands of
// random cells; these are the sizes whose speed is told, and random cells of these sizes.)
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "server/cell/dispatch.h"
#include "server/cell/row_kernels.h"
#include "server/cell/step_rows.h"
#include "tests/bench/cell/bench_weights.h"
#include "tests/testing/random_cell.h"
#include "tests/testing/row_batch.h"

namespace cellar {
namespace {

// The definition, and the portable kernels, call a function for every multiply-add: of large cells
// there are fewer rows and steps.
struct Run {
  int64_t hidden_size;
  int64_t row_count;
  int step_count;
};
constexpr Run kRuns[] = {{1, 48, 3},   {3, 48, 3},  {8, 48, 3},   {17, 48, 3},
                         {32, 48, 3},  {64, 48, 3}, {100, 48, 3}, {128, 48, 1},
                         {256, 48, 1}, {512, 5, 1}, {1024, 3, 1}};
// Of the larger ones there are no random cells.
constexpr int64_t kMostRandomSize = 128;

struct Tally {
  int64_t runs = 0;
  int64_t numbers = 0;
  int64_t differing = 0;

  template <class Real>
  void Compare(const std::vector<Real>& got, const std::vector<Real>& expected) {
    ++runs;
    for (size_t k = 0; k < expected.size(); ++k) {
      ++numbers;
      differing += std::memcmp(&got[k], &expected[k], sizeof(Real)) != 0 ? 1 : 0;
    }
  }
};

// All rows at once, each alone, or in groups of random sizes and order.
enum class Company { kAll, kNone, kRandom };

template <class Real>
void StepInCompany(KernelTarget target, Company company, const PackedCell<Real>& cell,
                   const Numerics& numerics, std::vector<StepRow<Real>> rows,
                   std::mt19937_64& generator) {
  RowsWorkspace<Real> workspace;
  if (company == Company::kRandom) std::shuffle(rows.begin(), rows.end(), generator);
  for (size_t done = 0; done < rows.size();) {
    size_t group = company == Company::kAll ? rows.size() : 1;
    if (company == Company::kRandom) group = 1 + generator() % 17;
    group = std::min(group, rows.size() - done);
    StepRowsOn<Real>(target, cell, numerics, absl::MakeConstSpan(rows).subspan(done, group),
                     workspace);
    done += group;
  }
}

template <class Real>
void StepWithSums(const PackedCell<Real>& cell, const Numerics& numerics,
                  const RowBatch<Real>& batch, std::vector<StepRow<Real>> rows) {
  const int64_t length = InputSumsLength(cell);
  const std::vector<Real> x = batch.X();
  AlignedBuffer<Real> sums(static_cast<size_t>(batch.size() * length));
  MultiplyInputs<Real>(cell, x, absl::MakeSpan(sums.data(), sums.size()));
  for (size_t row = 0; row < rows.size(); ++row) {
    rows[row].x = nullptr;
    rows[row].input_sums = sums.data() + static_cast<int64_t>(row) * length;
  }
  RowsWorkspace<Real> workspace;
  StepRows<Real>(cell, numerics, rows, workspace);
}

// Each of two threads runs half of the panels of each phase.
template <class Real>
void StepOnTwoThreads(const PackedCell<Real>& cell, const Numerics& numerics,
                      const std::vector<StepRow<Real>>& rows) {
  RowsWorkspace<Real> workspace;
  FitWorkspace(cell, static_cast<int64_t>(rows.size()), workspace);
  for (int phase = 0; phase < PhaseCount(cell); ++phase) {
    const int64_t blocks = PhaseBlocks(cell, phase);
    const int64_t panel = PhasePanelBlocks(cell, phase);
    const int64_t half = std::min(blocks, (blocks / panel + 1) / 2 * panel);
    const auto run = [&](BlockRange range) {
      if (range.first < range.end) RunPhase<Real>(cell, numerics, rows, phase, range, workspace);
    };
    std::thread other(run, BlockRange{half, blocks});
    run({0, half});
    other.join();
  }
  FinishRows<Real>(cell, numerics, rows, workspace);
}

template <class Real>
void CompareCell(const PackedCell<Real>& cell, const Numerics& numerics, const Run& run,
                 Tally& tally) {
  const CellWeights<Real> weights = UnpackCell(cell);
  std::mt19937_64 generator(static_cast<uint64_t>(run.hidden_size));
  RowBatch<Real> before(generator, cell.shape, run.row_count);
  for (int step = 0; step < run.step_count; ++step) {
    RowBatch<Real> expected = before;
    expected.StepByDefinition(weights, numerics);
    const auto compare = [&](auto make) {
      RowBatch<Real> got = before;
      make(got);
      tally.Compare(got.Everything(), expected.Everything());
    };
    for (const KernelTarget target : kAllTargets) {
      if (!RunsHere(target)) continue;
      for (const Company company : {Company::kAll, Company::kNone, Company::kRandom}) {
        compare([&](RowBatch<Real>& got) {
          StepInCompany<Real>(target, company, cell, numerics, got.Rows(), generator);
        });
      }
    }
    compare([&](RowBatch<Real>& got) { StepWithSums<Real>(cell, numerics, got, got.Rows()); });
    compare([&](RowBatch<Real>& got) { StepOnTwoThreads<Real>(cell, numerics, got.Rows()); });
    before = expected;
  }
}

// The cell whose speed is told, and one that has peepholes, a projection, other activations and
// other numerics by chance.
template <class Real>
void CompareCells(CellKind kind, WeightStorage storage, Tally& tally) {
  std::mt19937_64 generator(1);
  for (const Run& run : kRuns) {
    const int64_t size = run.hidden_size;
    CompareCell(PackCell(MakeWeights<Real>(kind, size), storage), {}, run, tally);
    if (size > kMostRandomSize) continue;
    const CellWeights<Real> random =
        RandomCell<Real>(generator, {.kind = kind, .input_size = size, .hidden_size = size});
    CompareCell(PackCell(random, storage), RandomNumerics<Real>(generator), run, tally);
  }
}

}  // namespace
}  // namespace cellar

int main() {
  using cellar::WeightStorage;
  cellar::Tally tally;
  for (const cellar::CellKind kind : {cellar::CellKind::kLstm, cellar::CellKind::kGruResetBefore,
                                      cellar::CellKind::kGruResetAfter, cellar::CellKind::kRnn}) {
    cellar::CompareCells<float>(kind, WeightStorage::kFull, tally);
    cellar::CompareCells<float>(kind, WeightStorage::kBfloat16, tally);
    cellar::CompareCells<double>(kind, WeightStorage::kFull, tally);
  }
  std::string targets;
  for (const cellar::KernelTarget target : cellar::kAllTargets) {
    if (cellar::RunsHere(target)) targets += " " + std::string(cellar::NameOf(target));
  }
  std::printf("{\"runs\": %lld, \"numbers\": %lld, \"differing\": %lld, \"targets\": \"%s\"}\n",
              static_cast<long long>(tally.runs), static_cast<long long>(tally.numbers),
              static_cast<long long>(tally.differing), targets.c_str() + 1);
  return 0;
}
