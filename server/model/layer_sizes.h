// Which sizes a layer has, told by tensors that may leave most of it unsaid, and whether each
// tensor agrees.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_MODEL_LAYER_SIZES_H_
#define CELLAR_SERVER_MODEL_LAYER_SIZES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "server/base/error.h"

namespace cellar {

// The lengths of the axes of a layer's tensors: I, H and P of model.proto.
enum class LayerAxis { kInput, kHidden, kOutput };

// What is known of one tensor of a layer before its numbers are looked at.
struct TensorFacts {
  std::string path;
  // What each axis stands for; one or two. P is kHidden in a layer without projection.
  std::vector<LayerAxis> axes;
  bool required = true;
  bool given = false;
  // Its violation is reported already: says nothing, is not judged.
  bool broken = false;
  // As given: anything; empty: to be implied.
  absl::Span<const int64_t> shape;
  int64_t element_count = 0;
};

// Nothing: not known.
struct LayerSizes {
  std::optional<int64_t> input = {};
  std::optional<int64_t> hidden = {};
  std::optional<int64_t> output = {};

  std::optional<int64_t>& operator[](LayerAxis axis);
  const std::optional<int64_t>& operator[](LayerAxis axis) const;

  friend bool operator==(const LayerSizes&, const LayerSizes&) = default;
};

// The sizes that most of the tensors speak for (the first named of equals), by a shape, the length
// of a vector or a square; where none does so, by a division; where they say nothing, those of
// `hints`. A size that only one wrong tensor claims is thus outvoted, and the complaint goes to
// that tensor. Sizes are those claimed: possibly absurd until every tensor is checked.
LayerSizes InferLayerSizes(absl::Span<const TensorFacts> tensors, const LayerSizes& hints);

// Adds a violation if the tensor is missing or disagrees with `sizes`.
void CheckTensorShape(const TensorFacts& tensor, const LayerSizes& sizes,
                      FieldViolations& violations);

// The shape a tensor must have: "[2, 3]", with letters for what is not known: "[2, I]".
std::string FormatAxes(absl::Span<const LayerAxis> axes, const LayerSizes& sizes);

}  // namespace cellar

#endif  // CELLAR_SERVER_MODEL_LAYER_SIZES_H_
