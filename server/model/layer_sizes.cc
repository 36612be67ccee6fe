#include "server/model/layer_sizes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/model/tensor_shape.h"

namespace cellar {
namespace {

// Claims of a size.
class Votes {
 public:
  void Add(int64_t size) {
    if (size >= 1) sizes_.push_back(size);
  }

  // The most frequent; the first of equals.
  std::optional<int64_t> Winner() const {
    std::optional<int64_t> winner;
    int64_t most = 0;
    for (int64_t size : sizes_) {
      const int64_t count = std::count(sizes_.begin(), sizes_.end(), size);
      if (count > most) winner = size;
      most = std::max(most, count);
    }
    return winner;
  }

 private:
  std::vector<int64_t> sizes_;
};

bool Speaks(const TensorFacts& tensor) { return tensor.given && !tensor.broken; }

bool IsShapelessMatrix(const TensorFacts& tensor) {
  return Speaks(tensor) && tensor.shape.empty() && tensor.axes.size() == 2;
}

std::optional<int64_t> SideOfSquare(const TensorFacts& tensor, LayerAxis wanted) {
  if (!IsShapelessMatrix(tensor) || tensor.axes[0] != wanted || tensor.axes[1] != wanted) {
    return std::nullopt;
  }
  const auto root = std::llround(std::sqrt(static_cast<double>(tensor.element_count)));
  if (root * root != tensor.element_count) return std::nullopt;
  return root;
}

// By shapes, by the lengths of vectors, and by squares.
std::optional<int64_t> Claimed(absl::Span<const TensorFacts> tensors, LayerAxis wanted) {
  Votes votes;
  for (const TensorFacts& tensor : tensors) {
    if (!Speaks(tensor)) continue;
    if (const auto side = SideOfSquare(tensor, wanted)) votes.Add(*side);
    if (tensor.shape.empty() && tensor.axes.size() == 1 && tensor.axes[0] == wanted) {
      votes.Add(tensor.element_count);
    }
    if (tensor.shape.size() != tensor.axes.size()) continue;
    for (size_t k = 0; k < tensor.axes.size(); ++k) {
      if (tensor.axes[k] == wanted) votes.Add(tensor.shape[k]);
    }
  }
  return votes.Winner();
}

std::optional<int64_t> ByDivision(absl::Span<const TensorFacts> tensors, LayerAxis wanted,
                                  const LayerSizes& sizes) {
  Votes votes;
  for (const TensorFacts& tensor : tensors) {
    if (!IsShapelessMatrix(tensor)) continue;
    for (size_t k = 0; k < 2; ++k) {
      const std::optional<int64_t> other = sizes[tensor.axes[1 - k]];
      if (tensor.axes[k] != wanted || !other.has_value()) continue;
      if (tensor.element_count % *other == 0) votes.Add(tensor.element_count / *other);
    }
  }
  return votes.Winner();
}

std::string FormatAxis(LayerAxis axis, const LayerSizes& sizes) {
  if (sizes[axis].has_value()) return absl::StrCat(*sizes[axis]);
  switch (axis) {
    case LayerAxis::kInput:
      return "I";
    case LayerAxis::kHidden:
      return "H";
    case LayerAxis::kOutput:
      return "P";
  }
  return "";
}

}  // namespace

std::optional<int64_t>& LayerSizes::operator[](LayerAxis axis) {
  if (axis == LayerAxis::kInput) return input;
  return axis == LayerAxis::kHidden ? hidden : output;
}

const std::optional<int64_t>& LayerSizes::operator[](LayerAxis axis) const {
  if (axis == LayerAxis::kInput) return input;
  return axis == LayerAxis::kHidden ? hidden : output;
}

LayerSizes InferLayerSizes(absl::Span<const TensorFacts> tensors, const LayerSizes& hints) {
  LayerSizes sizes;
  sizes.input = Claimed(tensors, LayerAxis::kInput);
  sizes.hidden = Claimed(tensors, LayerAxis::kHidden);
  sizes.output = Claimed(tensors, LayerAxis::kOutput);

  if (!sizes.hidden.has_value()) {
    LayerSizes supposed = sizes;
    if (!supposed.input.has_value()) supposed.input = hints.input;
    sizes.hidden = ByDivision(tensors, LayerAxis::kHidden, supposed);
  }
  if (!sizes.hidden.has_value()) sizes.hidden = hints.hidden;

  for (LayerAxis axis : {LayerAxis::kInput, LayerAxis::kOutput}) {
    if (!sizes[axis].has_value()) sizes[axis] = ByDivision(tensors, axis, sizes);
    if (!sizes[axis].has_value()) sizes[axis] = hints[axis];
  }
  return sizes;
}

void CheckTensorShape(const TensorFacts& tensor, const LayerSizes& sizes,
                      FieldViolations& violations) {
  const std::string wanted = FormatAxes(tensor.axes, sizes);
  if (!tensor.given) {
    if (tensor.required) {
      violations.push_back(
          {tensor.path, absl::StrCat("is missing; must be a tensor of shape ", wanted)});
    }
    return;
  }
  if (tensor.broken) return;

  bool all_known = true;
  bool agrees = tensor.shape.empty() || tensor.shape.size() == tensor.axes.size();
  std::vector<int64_t> wanted_shape;
  for (size_t k = 0; k < tensor.axes.size(); ++k) {
    const std::optional<int64_t> length = sizes[tensor.axes[k]];
    all_known = all_known && length.has_value();
    wanted_shape.push_back(length.value_or(0));
    if (agrees && !tensor.shape.empty() && length.has_value()) agrees = tensor.shape[k] == *length;
  }
  if (!agrees) {
    violations.push_back({tensor.path, absl::StrCat("has shape ", FormatShape(tensor.shape),
                                                    "; must have ", wanted)});
    return;
  }
  if (!all_known) return;
  const std::optional<int64_t> wanted_count = ElementCount(wanted_shape);
  if (wanted_count == tensor.element_count) return;
  violations.push_back(
      {tensor.path,
       absl::StrCat("number of elements is ", tensor.element_count, "; must be ",
                    wanted_count.has_value() ? absl::StrCat(*wanted_count) : "more than 2^63",
                    ", for shape ", wanted)});
}

std::string FormatAxes(absl::Span<const LayerAxis> axes, const LayerSizes& sizes) {
  const auto format = [&sizes](std::string* out, LayerAxis axis) {
    absl::StrAppend(out, FormatAxis(axis, sizes));
  };
  return absl::StrCat("[", absl::StrJoin(axes, ", ", format), "]");
}

}  // namespace cellar
