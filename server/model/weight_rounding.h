// What it does to weights to be stored as bfloat16 (bfloat16.h): matrices are rounded
// once, before anything is made of them.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_MODEL_WEIGHT_ROUNDING_H_
#define CELLAR_SERVER_MODEL_WEIGHT_ROUNDING_H_

#include <string>

#include "absl/types/span.h"
#include "server/base/error.h"
#include "server/cell/bfloat16.h"
#include "server/model/model.h"

namespace cellar {

// Adds a violation at `path` if numbers of the matrix are finite, but not as they are to be stored.
void CheckFitsStorage(absl::Span<const float> matrix, WeightStorage storage,
                      const std::string& path, FieldViolations& violations);
// Whatever is double is stored in full.
inline void CheckFitsStorage(absl::Span<const double>, WeightStorage, const std::string&,
                             FieldViolations&) {}

// Rounds the matrices of all layers as the stack says that they are stored.
void RoundAsStored(LayerStack<float>& stack);
inline void RoundAsStored(LayerStack<double>&) {}

}  // namespace cellar

#endif  // CELLAR_SERVER_MODEL_WEIGHT_ROUNDING_H_
