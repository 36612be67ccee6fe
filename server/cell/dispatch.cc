#include "server/cell/dispatch.h"

#include <cstdint>

#include "hwy/targets.h"

namespace cellar {
namespace {

KernelTarget FindBestTarget() {
  KernelTarget best = KernelTarget::kPortable;
  for (const KernelTarget target : kAllTargets) {
    if (RunsHere(target)) best = target;
  }
  return best;
}

}  // namespace

bool RunsHere(KernelTarget target) {
#if HWY_ARCH_X86
  const int64_t supported = hwy::SupportedTargets();
  if (target == KernelTarget::kAvx2) return (supported & HWY_AVX2) != 0;
  if (target == KernelTarget::kAvx512) return (supported & HWY_AVX3) != 0;
#elif HWY_ARCH_ARM_A64
  if (target == KernelTarget::kNeon)
    return true;  // every AArch64 has it, so nothing else is compiled
  return false;
#endif
  return target == KernelTarget::kPortable;
}

KernelTarget BestTarget() {
  static const KernelTarget best = FindBestTarget();
  return best;
}

absl::string_view NameOf(KernelTarget target) {
  switch (target) {
    case KernelTarget::kPortable:
      return "portable";
    case KernelTarget::kNeon:
      return "neon";
    case KernelTarget::kAvx2:
      return "avx2";
    case KernelTarget::kAvx512:
      return "avx512";
  }
  return "";
}

}  // namespace cellar
