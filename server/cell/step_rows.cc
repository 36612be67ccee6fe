#include "server/cell/step_rows.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "server/cell/dispatch.h"
#include "server/cell/row_kernels.h"

namespace cellar {
namespace {

template <class Real>
const RowKernels<Real>& BestKernels() {
  static const RowKernels<Real>& kernels = RowKernelsOf<Real>(BestTarget());
  return kernels;
}

template <class Real>
void Enlarge(int64_t size, AlignedBuffer<Real>& buffer) {
  if (buffer.size() < static_cast<size_t>(size))
    buffer = AlignedBuffer<Real>(static_cast<size_t>(size));
}

// Gives the new h of one row to those who want it; `new_h` is not rounded.
template <class Real>
void Show(const Numerics& numerics, absl::Span<Real> new_h, const StepRow<Real>& row) {
  const StepTrace<Real>& trace = row.trace;
  if (!trace.unrounded_h.empty()) std::copy(new_h.begin(), new_h.end(), trace.unrounded_h.begin());
  const bool rounded = numerics.rounding == Rounding::kNearestTiesToZero;
  if (!rounded || numerics.rounding_scope == RoundingScope::kReport)
    std::copy(new_h.begin(), new_h.end(), row.h);
  if (rounded) {
    for (Real& value : new_h) value = RoundTiesToZero(value);
  }
  if (rounded && numerics.rounding_scope == RoundingScope::kFeedback)
    std::copy(new_h.begin(), new_h.end(), row.h);
  if (!trace.h.empty()) std::copy(new_h.begin(), new_h.end(), trace.h.begin());
}

template <class Real>
void RunPhaseOf(const RowKernels<Real>& kernels, const PackedCell<Real>& cell,
                const Numerics& numerics, absl::Span<const StepRow<Real>> rows, int phase,
                BlockRange blocks, RowsWorkspace<Real>& workspace) {
  assert(blocks.first < blocks.end);
  if (rows.empty()) return;
  const auto run = phase == 0 ? kernels.first_phase : kernels.second_phase;
  run({cell, numerics.activation_rule, rows.data(), static_cast<int64_t>(rows.size()), blocks,
       workspace});
}

template <class Real>
void Step(const RowKernels<Real>& kernels, const PackedCell<Real>& cell, const Numerics& numerics,
          absl::Span<const StepRow<Real>> rows, RowsWorkspace<Real>& workspace) {
  if (rows.size() == 1 && numerics.rounding == Rounding::kNone &&
      kernels.try_step_alone(
          {cell, numerics.activation_rule, rows.data(), 1, {0, PhaseBlocks(cell, 0)}, workspace})) {
    return;
  }
  FitWorkspace(cell, static_cast<int64_t>(rows.size()), workspace);
  for (int phase = 0; phase < PhaseCount(cell); ++phase) {
    RunPhaseOf(kernels, cell, numerics, rows, phase, {0, PhaseBlocks(cell, phase)}, workspace);
  }
  FinishRows(cell, numerics, rows, workspace);
}

}  // namespace

template <class Real>
void StepRowsOn(KernelTarget target, const PackedCell<Real>& cell, const Numerics& numerics,
                absl::Span<const StepRow<Real>> rows, RowsWorkspace<Real>& workspace) {
  Step(RowKernelsOf<Real>(target), cell, numerics, rows, workspace);
}

template <class Real>
void StepRows(const PackedCell<Real>& cell, const Numerics& numerics,
              absl::Span<const StepRow<Real>> rows, RowsWorkspace<Real>& workspace) {
  Step(BestKernels<Real>(), cell, numerics, rows, workspace);
}

template <class Real>
void MultiplyInputs(const PackedCell<Real>& cell, absl::Span<const Real> x, absl::Span<Real> sums) {
  MultiplyInputBlocks(cell, x, {0, cell.input.blocks()}, sums);
}

template <class Real>
void MultiplyInputBlocks(const PackedCell<Real>& cell, absl::Span<const Real> x, BlockRange blocks,
                         absl::Span<Real> sums) {
  const int64_t row_count = static_cast<int64_t>(x.size()) / cell.shape.input_size;
  assert(blocks.first < blocks.end);
  assert(x.size() == static_cast<size_t>(row_count * cell.shape.input_size));
  assert(sums.size() == static_cast<size_t>(row_count * InputSumsLength(cell)));
  BestKernels<Real>().multiply_inputs(cell, x.data(), row_count, blocks, sums.data());
}

template <class Real>
bool PaysToMultiplyInputs(const PackedCell<Real>& cell, int64_t row_count) {
  // A core makes the sums of so many blocks of x and of h side by side.
  constexpr int64_t kBlocksBesideEachOther = 4;
  const PackedMatrix<Real>& U = cell.recurrent;
  const bool beside = U.gates() * U.blocks() <= kBlocksBesideEachOther &&
                      cell.input.columns() <= U.columns() && PhaseCount(cell) == 1 &&
                      cell.storage() == WeightStorage::kFull;
  return row_count > 1 || !beside;
}

template <class Real>
int PhaseCount(const PackedCell<Real>& cell) {
  return cell.candidate.empty() && cell.projection.empty() ? 1 : 2;
}

template <class Real>
int64_t PhaseBlocks(const PackedCell<Real>& cell, int phase) {
  return phase == 0 || cell.projection.empty() ? cell.recurrent.blocks() : cell.projection.blocks();
}

template <class Real>
int64_t PhasePanelBlocks(const PackedCell<Real>& cell, int phase) {
  return PanelBlocks(phase == 0 ? cell.recurrent.gates() : 1);
}

template <class Real>
void FitWorkspace(const PackedCell<Real>& cell, int64_t row_count, RowsWorkspace<Real>& workspace) {
  const int64_t hidden = row_count * PaddedRows<Real>(cell.shape.hidden_size);
  Enlarge(row_count * PaddedRows<Real>(cell.shape.output_size), workspace.new_h);
  if (PhaseCount(cell) == 2) Enlarge(hidden, workspace.hidden);
  if (cell.shape.kind == CellKind::kGruResetBefore) {
    Enlarge(hidden, workspace.update);
    Enlarge(row_count * InputSumsLength(cell), workspace.input_sums);
  }
}

template <class Real>
void RunPhase(const PackedCell<Real>& cell, const Numerics& numerics,
              absl::Span<const StepRow<Real>> rows, int phase, BlockRange blocks,
              RowsWorkspace<Real>& workspace) {
  RunPhaseOf(BestKernels<Real>(), cell, numerics, rows, phase, blocks, workspace);
}

template <class Real>
void FinishRows(const PackedCell<Real>& cell, const Numerics& numerics,
                absl::Span<const StepRow<Real>> rows, RowsWorkspace<Real>& workspace) {
  const int64_t stride = PaddedRows<Real>(cell.shape.output_size);
  for (size_t row = 0; row < rows.size(); ++row) {
    Real* const new_h = workspace.new_h.data() + static_cast<int64_t>(row) * stride;
    Show(numerics, absl::MakeSpan(new_h, static_cast<size_t>(cell.shape.output_size)), rows[row]);
  }
  workspace.backwards = !workspace.backwards;
}

template void StepRowsOn(KernelTarget, const PackedCell<float>&, const Numerics&,
                         absl::Span<const StepRow<float>>, RowsWorkspace<float>&);
template void StepRows(const PackedCell<float>&, const Numerics&, absl::Span<const StepRow<float>>,
                       RowsWorkspace<float>&);
template void MultiplyInputs(const PackedCell<float>&, absl::Span<const float>, absl::Span<float>);
template void MultiplyInputBlocks(const PackedCell<float>&, absl::Span<const float>, BlockRange,
                                  absl::Span<float>);
template bool PaysToMultiplyInputs(const PackedCell<float>&, int64_t);
template int PhaseCount(const PackedCell<float>&);
template int64_t PhaseBlocks(const PackedCell<float>&, int);
template int64_t PhasePanelBlocks(const PackedCell<float>&, int);
template void FitWorkspace(const PackedCell<float>&, int64_t, RowsWorkspace<float>&);
template void RunPhase(const PackedCell<float>&, const Numerics&, absl::Span<const StepRow<float>>,
                       int, BlockRange, RowsWorkspace<float>&);
template void FinishRows(const PackedCell<float>&, const Numerics&,
                         absl::Span<const StepRow<float>>, RowsWorkspace<float>&);

template void StepRowsOn(KernelTarget, const PackedCell<double>&, const Numerics&,
                         absl::Span<const StepRow<double>>, RowsWorkspace<double>&);
template void StepRows(const PackedCell<double>&, const Numerics&,
                       absl::Span<const StepRow<double>>, RowsWorkspace<double>&);
template void MultiplyInputs(const PackedCell<double>&, absl::Span<const double>,
                             absl::Span<double>);
template void MultiplyInputBlocks(const PackedCell<double>&, absl::Span<const double>, BlockRange,
                                  absl::Span<double>);
template bool PaysToMultiplyInputs(const PackedCell<double>&, int64_t);
template int PhaseCount(const PackedCell<double>&);
template int64_t PhaseBlocks(const PackedCell<double>&, int);
template int64_t PhasePanelBlocks(const PackedCell<double>&, int);
template void FitWorkspace(const PackedCell<double>&, int64_t, RowsWorkspace<double>&);
template void RunPhase(const PackedCell<double>&, const Numerics&,
                       absl::Span<const StepRow<double>>, int, BlockRange, RowsWorkspace<double>&);
template void FinishRows(const PackedCell<double>&, const Numerics&,
                         absl::Span<const StepRow<double>>, RowsWorkspace<double>&);

}  // namespace cellar
