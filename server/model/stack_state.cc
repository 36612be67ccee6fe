#include "server/model/stack_state.h"

#include <cstddef>

#include "server/model/little_endian_hash.h"

namespace cellar {
namespace {

template <class Real>
StackState<Real> ZeroStack(const Model& model) {
  StackState<Real> state;
  for (const CellShape& shape : model.shapes()) state.layers.push_back(ZeroState<Real>(shape));
  for (const CellShape& shape : model.backward_shapes()) {
    state.backward_layers.push_back(ZeroState<Real>(shape));
  }
  return state;
}

template <class Real>
int64_t NumberCount(const std::vector<CellState<Real>>& layers) {
  size_t count = 0;
  for (const CellState<Real>& layer : layers) count += layer.h.size() + layer.c.size();
  return static_cast<int64_t>(count);
}

template <class Real>
bool FitsShapes(const std::vector<CellState<Real>>& layers, const std::vector<CellShape>& shapes) {
  if (layers.size() != shapes.size()) return false;
  for (size_t k = 0; k < layers.size(); ++k) {
    if (layers[k].h.size() != static_cast<size_t>(shapes[k].output_size)) return false;
    if (layers[k].c.size() != static_cast<size_t>(shapes[k].memory_size())) return false;
  }
  return true;
}

}  // namespace

AnyStackState ZeroStackState(const Model& model, Precision precision) {
  if (precision == Precision::kFloat64) return ZeroStack<double>(model);
  return ZeroStack<float>(model);
}

int64_t StackStateBytes(const AnyStackState& state) {
  return std::visit(
      []<class Real>(const StackState<Real>& stack) {
        return (NumberCount(stack.layers) + NumberCount(stack.backward_layers)) *
               static_cast<int64_t>(sizeof(Real));
      },
      state);
}

std::string StackStateDigest(const AnyStackState& state) {
  return std::visit(
      []<class Real>(const StackState<Real>& stack) {
        LittleEndianHash hash;
        hash.Byte(sizeof(Real));
        for (const auto* layers : {&stack.layers, &stack.backward_layers}) {
          for (const CellState<Real>& layer : *layers) {
            hash.Numbers(layer.h);
            hash.Numbers(layer.c);
          }
        }
        return hash.Hex();
      },
      state);
}

bool FitsModel(const AnyStackState& state, const Model& model) {
  return std::visit(
      [&model](const auto& stack) {
        return FitsShapes(stack.layers, model.shapes()) &&
               FitsShapes(stack.backward_layers, model.backward_shapes());
      },
      state);
}

}  // namespace cellar
