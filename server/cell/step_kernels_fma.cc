// The step for processors with FMA and AVX2: CMakeLists.txt compiles this file for them. Nothing
// may be included here that brings inline functions of a shared name (see activations.h).
#define CELLAR_KERNEL_NAMESPACE kernels_fma
#include "server/cell/step_kernels.h"

namespace cellar {

template <>
const StepKernels<float>& FmaKernels<float>() {
  return kernels_fma::kKernels<float>;
}

template <>
const StepKernels<double>& FmaKernels<double>() {
  return kernels_fma::kKernels<double>;
}

}  // namespace cellar
