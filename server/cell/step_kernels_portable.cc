// The step for any processor.
#define CELLAR_KERNEL_NAMESPACE kernels_portable
#include "server/cell/step_kernels.h"

namespace cellar {

template <>
const StepKernels<float>& PortableKernels<float>() {
  return kernels_portable::kKernels<float>;
}

template <>
const StepKernels<double>& PortableKernels<double>() {
  return kernels_portable::kKernels<double>;
}

}  // namespace cellar
