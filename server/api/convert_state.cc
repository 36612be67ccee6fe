#include "server/api/convert_state.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "server/api/convert_tensor.h"

namespace cellar {
namespace {

using LayerStates = google::protobuf::RepeatedPtrField<v1::LayerState>;

template <class Real>
CellState<Real> ReadCellState(const v1::LayerState& message, const CellShape& shape,
                              absl::string_view path, FieldViolations& violations) {
  CellState<Real> state = ZeroState<Real>(shape);
  state.h = ReadVector<Real>(message.h(), shape.output_size, absl::StrCat(path, ".h"), violations);
  if (shape.memory_size() > 0) {
    state.c =
        ReadVector<Real>(message.c(), shape.memory_size(), absl::StrCat(path, ".c"), violations);
  } else if (IsGiven(message.c())) {
    violations.push_back({absl::StrCat(path, ".c"),
                          "is given, but only the cell of an LSTM has a memory; leave it out"});
  }
  return state;
}

template <class Real>
std::vector<CellState<Real>> ReadCellStates(const LayerStates& messages,
                                            const std::vector<CellShape>& shapes,
                                            absl::string_view path, FieldViolations& violations) {
  std::vector<CellState<Real>> states;
  states.reserve(shapes.size());
  const bool fits = messages.size() == static_cast<int64_t>(shapes.size());
  if (!fits) {
    violations.push_back(
        {std::string(path), absl::StrCat("has ", messages.size(), " entries; the model has ",
                                         shapes.size(), " such layers, and each needs one")});
  }
  for (size_t i = 0; i < shapes.size(); ++i) {
    states.push_back(fits ? ReadCellState<Real>(messages[static_cast<int>(i)], shapes[i],
                                                absl::StrCat(path, "[", i, "]"), violations)
                          : ZeroState<Real>(shapes[i]));
  }
  return states;
}

template <class Real>
StackState<Real> ReadStackState(const v1::State& message, const Model& model,
                                absl::string_view path, FieldViolations& violations) {
  return {ReadCellStates<Real>(message.layers(), model.shapes(), absl::StrCat(path, ".layers"),
                               violations),
          ReadCellStates<Real>(message.backward_layers(), model.backward_shapes(),
                               absl::StrCat(path, ".backward_layers"), violations)};
}

template <class Real>
void WriteNumbers(const std::vector<Real>& numbers, v1::Encoding encoding, v1::Tensor* tensor) {
  const int64_t shape[] = {static_cast<int64_t>(numbers.size())};
  WriteTensor<Real>(numbers, shape, encoding, tensor);
}

template <class Real>
void WriteCellStates(const std::vector<CellState<Real>>& states, v1::Encoding encoding,
                     LayerStates& messages) {
  for (const CellState<Real>& state : states) {
    v1::LayerState& message = *messages.Add();
    WriteNumbers(state.h, encoding, message.mutable_h());
    if (!state.c.empty()) WriteNumbers(state.c, encoding, message.mutable_c());
  }
}

}  // namespace

std::shared_ptr<const AnyStackState> ReadState(const v1::State* message, const StateKind& kind,
                                               absl::string_view path,
                                               FieldViolations& violations) {
  if (message == nullptr) {
    return std::make_shared<const AnyStackState>(ZeroStackState(kind.model, kind.precision));
  }
  if (kind.precision == Precision::kFloat32) {
    return std::make_shared<const AnyStackState>(
        ReadStackState<float>(*message, kind.model, path, violations));
  }
  return std::make_shared<const AnyStackState>(
      ReadStackState<double>(*message, kind.model, path, violations));
}

void WriteState(const AnyStackState& state, v1::Encoding encoding, v1::State* message) {
  message->Clear();
  std::visit(
      [encoding, message](const auto& stack) {
        WriteCellStates(stack.layers, encoding, *message->mutable_layers());
        WriteCellStates(stack.backward_layers, encoding, *message->mutable_backward_layers());
      },
      state);
}

}  // namespace cellar
