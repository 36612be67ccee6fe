// Counts numbers that differ from the definition of a step, by the kernels that the other programs
// here measure: whoever shares the batch, on every target that runs here, with inputs multiplied
// beforehand, and by two threads. Prints one line of JSON. (Tests ask the same of thousands of
// random cells; these are the sizes whose speed is told.)
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
#include "tests/testing/row_batch.h"

namespace cellar {
namespace {

constexpr int64_t kRows = 48;
constexpr int kStepCount = 3;

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
                   std::vector<StepRow<Real>> rows, std::mt19937_64& generator) {
  RowsWorkspace<Real> workspace;
  if (company == Company::kRandom) std::shuffle(rows.begin(), rows.end(), generator);
  for (size_t done = 0; done < rows.size();) {
    size_t group = company == Company::kAll ? rows.size() : 1;
    if (company == Company::kRandom) group = 1 + generator() % 17;
    group = std::min(group, rows.size() - done);
    StepRowsOn<Real>(target, cell, {}, absl::MakeConstSpan(rows).subspan(done, group), workspace);
    done += group;
  }
}

template <class Real>
void StepWithSums(const PackedCell<Real>& cell, const RowBatch<Real>& batch,
                  std::vector<StepRow<Real>> rows) {
  const int64_t length = InputSumsLength(cell);
  std::vector<Real> x;
  for (const std::vector<Real>& row : batch.inputs) x.insert(x.end(), row.begin(), row.end());
  AlignedBuffer<Real> sums(static_cast<size_t>(batch.size() * length));
  MultiplyInputs<Real>(cell, x, absl::MakeSpan(sums.data(), sums.size()));
  for (size_t row = 0; row < rows.size(); ++row) {
    rows[row].x = nullptr;
    rows[row].input_sums = sums.data() + static_cast<int64_t>(row) * length;
  }
  RowsWorkspace<Real> workspace;
  StepRows<Real>(cell, {}, rows, workspace);
}

// Each of two threads runs half of the panels of each phase.
template <class Real>
void StepOnTwoThreads(const PackedCell<Real>& cell, const std::vector<StepRow<Real>>& rows) {
  RowsWorkspace<Real> workspace;
  FitWorkspace(cell, static_cast<int64_t>(rows.size()), workspace);
  for (int phase = 0; phase < PhaseCount(cell); ++phase) {
    const int64_t blocks = PhaseBlocks(cell, phase);
    const int64_t panel = PhasePanelBlocks(cell, phase);
    const int64_t half = std::min(blocks, (blocks / panel + 1) / 2 * panel);
    const auto run = [&](BlockRange range) {
      if (range.first < range.end) RunPhase<Real>(cell, {}, rows, phase, range, workspace);
    };
    std::thread other(run, BlockRange{half, blocks});
    run({0, half});
    other.join();
  }
  FinishRows<Real>(cell, {}, rows, workspace);
}

template <class Real>
void CompareCell(CellKind kind, int64_t hidden, Tally& tally) {
  const CellWeights<Real> weights = MakeWeights<Real>(kind, hidden);
  const PackedCell<Real> cell = PackCell(weights);
  std::mt19937_64 generator(static_cast<uint64_t>(hidden));
  RowBatch<Real> before(generator, ShapeOf(weights), kRows);
  for (int step = 0; step < kStepCount; ++step) {
    RowBatch<Real> expected = before;
    expected.StepByDefinition(weights, {});
    const auto compare = [&](auto make) {
      RowBatch<Real> got = before;
      make(got);
      tally.Compare(got.Everything(), expected.Everything());
    };
    for (const KernelTarget target : kAllTargets) {
      if (!RunsHere(target)) continue;
      for (const Company company : {Company::kAll, Company::kNone, Company::kRandom}) {
        compare([&](RowBatch<Real>& got) {
          StepInCompany<Real>(target, company, cell, got.Rows(), generator);
        });
      }
    }
    compare([&](RowBatch<Real>& got) { StepWithSums<Real>(cell, got, got.Rows()); });
    compare([&](RowBatch<Real>& got) { StepOnTwoThreads<Real>(cell, got.Rows()); });
    before = expected;
  }
}

}  // namespace
}  // namespace cellar

int main() {
  cellar::Tally tally;
  for (const cellar::CellKind kind : {cellar::CellKind::kLstm, cellar::CellKind::kGruResetBefore,
                                      cellar::CellKind::kGruResetAfter, cellar::CellKind::kRnn}) {
    for (const int64_t hidden : {1, 3, 8, 17, 32, 64, 100, 256}) {
      cellar::CompareCell<float>(kind, hidden, tally);
      cellar::CompareCell<double>(kind, hidden, tally);
    }
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
