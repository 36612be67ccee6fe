#include "server/model/weight_rounding.h"

#include <algorithm>
#include <cmath>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/model/cell_fields.h"

namespace cellar {

void CheckFitsStorage(absl::Span<const float> matrix, WeightStorage storage,
                      const std::string& path, FieldViolations& violations) {
  if (storage == WeightStorage::kFull) return;
  const auto overflows = [](float weight) {
    return std::isfinite(weight) && !std::isfinite(RoundToBfloat16(weight));
  };
  const auto first = std::find_if(matrix.begin(), matrix.end(), overflows);
  if (first == matrix.end()) return;
  violations.push_back(
      {path,
       absl::StrCat("number of elements beyond bfloat16 is ",
                    std::count_if(first, matrix.end(), overflows), ", the first is ", *first,
                    " at index ", first - matrix.begin(),
                    "; every weight must be less than 3.3961776e+38 in magnitude to be stored "
                    "as bfloat16")});
}

void RoundAsStored(LayerStack<float>& stack) {
  if (stack.weight_storage == WeightStorage::kFull) return;
  const auto round = [](std::vector<float>& matrix) {
    std::transform(matrix.begin(), matrix.end(), matrix.begin(), RoundToBfloat16);
  };
  const auto round_cell = [&round](auto& cell) {
    for (auto* gate : GatesOf(cell)) {
      round(gate->input);
      round(gate->recurrent);
    }
    if constexpr (requires { cell.projection; }) round(cell.projection);
  };
  for (auto* layers : {&stack.layers, &stack.backward_layers}) {
    for (CellWeights<float>& layer : *layers) std::visit(round_cell, layer);
  }
}

}  // namespace cellar
