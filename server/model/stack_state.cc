#include "server/model/stack_state.h"

#include <algorithm>
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

// Calls `visit` with every array of numbers, in the order of the digest.
template <class Stack, class Visit>
void VisitNumbers(Stack& stack, Visit visit) {
  for (auto* layers : {&stack.layers, &stack.backward_layers}) {
    for (auto& layer : *layers) {
      visit(layer.h);
      visit(layer.c);
    }
  }
}

template <class Real>
StackState<Real> Thaw(absl::Span<const Real> numbers, const Model& model) {
  StackState<Real> state = ZeroStack<Real>(model);
  VisitNumbers(state, [&numbers](std::vector<Real>& array) {
    std::copy_n(numbers.begin(), array.size(), array.begin());
    numbers.remove_prefix(array.size());
  });
  return state;
}

template <class Real>
void WriteDigest(absl::Span<const Real> numbers, std::string* digest) {
  LittleEndianHash hash;
  hash.Byte(sizeof(Real));
  hash.Numbers(numbers);
  hash.WriteHex(digest);
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
        VisitNumbers(stack, [&hash](const std::vector<Real>& array) { hash.Numbers(array); });
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

SharedNumbers FreezeState(const AnyStackState& state) {
  return std::visit(
      []<class Real>(const StackState<Real>& stack) {
        const int64_t count = NumberCount(stack.layers) + NumberCount(stack.backward_layers);
        SharedNumbers numbers = SharedNumbers::OfSize<Real>(count);
        Real* next = numbers.Mutable<Real>().data();
        VisitNumbers(stack, [&next](const std::vector<Real>& array) {
          next = std::copy(array.begin(), array.end(), next);
        });
        return numbers;
      },
      state);
}

AnyStackState ThawState(const SharedNumbers& numbers, const Model& model) {
  if (numbers.is_double()) return Thaw(numbers.As<double>(), model);
  return Thaw(numbers.As<float>(), model);
}

std::string StackStateDigest(const SharedNumbers& numbers) {
  std::string digest;
  WriteStackStateDigest(numbers, &digest);
  return digest;
}

void WriteStackStateDigest(const SharedNumbers& numbers, std::string* digest) {
  if (numbers.is_double()) {
    WriteDigest(numbers.As<double>(), digest);
  } else {
    WriteDigest(numbers.As<float>(), digest);
  }
}

}  // namespace cellar
