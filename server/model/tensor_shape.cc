#include "server/model/tensor_shape.h"

#include <cstddef>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace cellar {

std::optional<int64_t> ElementCount(absl::Span<const int64_t> shape) {
  int64_t count = 1;
  for (int64_t length : shape) {
    if (length < 1 || length > std::numeric_limits<int64_t>::max() / count) return std::nullopt;
    count *= length;
  }
  return count;
}

std::string FormatShape(absl::Span<const int64_t> shape) {
  constexpr size_t kMaxAxes = 8;  // no tensor of ours has more than two
  if (shape.size() <= kMaxAxes) return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
  return absl::StrCat("[", absl::StrJoin(shape.subspan(0, kMaxAxes), ", "), ", ... ", shape.size(),
                      " axes]");
}

}  // namespace cellar
