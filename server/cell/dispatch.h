// Which compiled kernels a step runs on. All give the same bits; they differ in speed and in the
// processors that can run them. StepCell takes the best by itself.
//
// Thread safety: all functions may be called from any thread.
#ifndef CELLAR_SERVER_CELL_DISPATCH_H_
#define CELLAR_SERVER_CELL_DISPATCH_H_

#include "absl/strings/string_view.h"
#include "server/cell/step.h"

namespace cellar {

enum class KernelTarget {
  kPortable,  // any processor
  kFma,       // x86: FMA and AVX2; other families: the same code as kPortable
};

// Whether this processor has the instructions of the target.
bool RunsHere(KernelTarget target);

// The fastest target that runs here; the same for the whole life of the process.
KernelTarget BestTarget();

// A word for logs: "portable" or "fma".
absl::string_view NameOf(KernelTarget target);

// StepCell on a chosen target. REQUIRES: RunsHere(target).
template <class Real>
void StepCellOn(KernelTarget target, const CellWeights<Real>& weights, const Numerics& numerics,
                absl::Span<const Real> x, CellState<Real>& state, StepWorkspace<Real>& workspace,
                const StepTrace<Real>& trace);

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_DISPATCH_H_
