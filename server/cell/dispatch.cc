#include "server/cell/dispatch.h"

namespace cellar {

bool RunsHere(KernelTarget target) {
  if (target == KernelTarget::kPortable) return true;
#if defined(__x86_64__) || defined(__i386__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
#else
  return true;
#endif
}

KernelTarget BestTarget() {
  static const KernelTarget best =
      RunsHere(KernelTarget::kFma) ? KernelTarget::kFma : KernelTarget::kPortable;
  return best;
}

absl::string_view NameOf(KernelTarget target) {
  return target == KernelTarget::kFma ? "fma" : "portable";
}

}  // namespace cellar
