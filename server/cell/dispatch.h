// Which compiled kernels a step runs on. All give the same bits; they differ in speed and in the
// processors that can run them. StepRows takes the best by itself.
//
// Thread safety: all functions may be called from any thread.
#ifndef CELLAR_SERVER_CELL_DISPATCH_H_
#define CELLAR_SERVER_CELL_DISPATCH_H_

#include "absl/strings/string_view.h"

namespace cellar {

// The instruction sets that kernels are compiled for, the slowest first. Each multiplies and adds
// with one rounding, in hardware or (portable) through the library's fma.
enum class KernelTarget {
  kPortable,  // any processor
  kNeon,      // AArch64
  kAvx2,      // x86 with AVX2 and FMA
  kAvx512,    // x86 with AVX-512 F, BW, DQ and VL
};

constexpr KernelTarget kAllTargets[] = {KernelTarget::kPortable, KernelTarget::kNeon,
                                        KernelTarget::kAvx2, KernelTarget::kAvx512};

// Whether this build has kernels for the target and this processor its instructions.
bool RunsHere(KernelTarget target);

// The fastest target that runs here; the same for the whole life of the process.
KernelTarget BestTarget();

// A word for logs: "portable", "neon", "avx2" or "avx512".
absl::string_view NameOf(KernelTarget target);

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_DISPATCH_H_
