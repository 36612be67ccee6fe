#include "client/repl/letters.h"

#include <algorithm>

#include "client/table.h"

namespace cellar {

std::string LettersText(const v1::Model& model, const v1::Numerics& numerics) {
  const auto has = [&model](auto... cells) {
    return std::any_of(model.layers().begin(), model.layers().end(), [=](const v1::Layer& layer) {
      return ((layer.cell_case() == cells) || ...);
    });
  };
  const bool lstm = has(v1::Layer::kLstm);
  const bool gru = has(v1::Layer::kGruResetBefore, v1::Layer::kGruResetAfter);
  const bool rounded = numerics.rounding() == v1::ROUNDING_NEAREST_TIES_TO_ZERO;

  Table table{{"  t", "the step, from 0"}, {}, Table::Align::kLeft};
  const auto add = [&table](bool is_there, const char* letter, const char* words) {
    if (is_there) table.rows.push_back({std::string("  ") + letter, words});
  };
  add(model.layers_size() > 1, "layer", "from 1, at the input");
  add(model.layers_size() > 1 || model.output_size() > 1, "k", "the element of a vector, from 0");
  add(true, "x", "the inputs of the step");
  add(lstm, "f", "forget gate: how much of the memory stays");
  add(lstm, "i", "input gate: how much of the candidate is added to the memory");
  add(lstm, "o", "output gate: how much of the memory is shown");
  add(gru, "z", "update gate: how much of the h before stays");
  add(gru, "r", "reset gate: how much of the h before the candidate sees");
  add(lstm || gru, "g", "candidate: what the step would have remembered");
  add(lstm, "c", "memory (cell state)");
  add(rounded, "unrounded_h", "h before it is rounded");
  add(true, "h", "output (hidden state), which the next step sees, too");
  return AlignedText(table);
}

}  // namespace cellar
