// Shapes as they come from outside: any number of axes, any lengths.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_MODEL_TENSOR_SHAPE_H_
#define CELLAR_SERVER_MODEL_TENSOR_SHAPE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/types/span.h"

namespace cellar {

// The product of the lengths; nothing if a length is below 1 or the product does not fit into 63
// bits.
std::optional<int64_t> ElementCount(absl::Span<const int64_t> shape);

// "[2, 3]"; of many axes only the first eight: "[1, 1, 1, 1, 1, 1, 1, 1, ... 12 axes]".
std::string FormatShape(absl::Span<const int64_t> shape);

}  // namespace cellar

#endif  // CELLAR_SERVER_MODEL_TENSOR_SHAPE_H_
