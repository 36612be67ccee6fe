#include "server/grading/gate_changes.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>

#include "absl/strings/string_view.h"
#include "server/model/cell_fields.h"

namespace cellar {
namespace {

template <class Change>
MistakeChange Both(Change change) {
  return {change, change};
}

// Changes the cells one by one; `change` says of each whether there was something to change.
template <class Change>
MistakeChange InEachCell(Change change) {
  return Both([change](auto& exercise) {
    bool changed = false;
    for (auto& layer : exercise.layers) {
      changed = std::visit([&](auto& cell) { return bool{change(cell)}; }, layer) || changed;
    }
    return changed;
  });
}

// The gate of this name, or nullptr.
template <class Cell>
auto FindGate(Cell& cell, absl::string_view name) {
  const std::vector<const char*>& names = GateFieldNames(cell.shape.kind);
  const auto gates = GatesOf(cell);
  for (size_t k = 0; k < names.size(); ++k) {
    if (names[k] == name) return gates[k];
  }
  return decltype(gates.front() + 0){nullptr};
}

// The peephole of the gate number `index`; nullptr: it has none.
template <class Cell>
auto FindPeephole(Cell& cell, size_t index) -> decltype(&GatesOf(cell)[0]->bias) {
  if constexpr (requires { cell.forget_peephole; }) {
    if (cell.forget_peephole.empty() || index > 2) return nullptr;
    const auto all = {&cell.forget_peephole, &cell.input_peephole, &cell.output_peephole};
    return all.begin()[index];
  } else {
    return nullptr;
  }
}

template <class Real>
std::vector<Real>& TensorOf(GateWeights<Real>& gate, GateTensor tensor) {
  switch (tensor) {
    case GateTensor::kInputWeights:
      return gate.input;
    case GateTensor::kRecurrentWeights:
      return gate.recurrent;
    case GateTensor::kBias:
      break;
  }
  return gate.bias;
}

// Changes one tensor of one gate.
template <class Change>
MistakeChange InTensor(const GateName& name, GateTensor tensor, Change change) {
  return InEachCell([name, tensor, change](auto& cell) {
    auto* gate = FindGate(cell, name);
    if (gate == nullptr) return false;
    for (auto& value : TensorOf(*gate, tensor)) change(value);
    return true;
  });
}

template <class Real>
bool Transpose(size_t rows, std::vector<Real>& matrix) {
  if (rows < 2 || matrix.size() != rows * rows) return false;
  for (size_t i = 0; i < rows; ++i) {
    for (size_t k = 0; k < i; ++k) std::swap(matrix[i * rows + k], matrix[k * rows + i]);
  }
  return true;
}

template <class Real>
Real Scaled(Real value, int factor) {
  return value * static_cast<Real>(factor);
}

// `gate` takes W, U and b of `from`.
template <class Real>
void TakeWeights(GateWeights<Real>& gate, const GateWeights<Real>& from) {
  gate.input = from.input;
  gate.recurrent = from.recurrent;
  gate.bias = from.bias;
}

}  // namespace

MistakeChange SwapGates(const GateName& a, const GateName& b) {
  return InEachCell([=](auto& cell) {
    auto* first = FindGate(cell, a);
    auto* second = FindGate(cell, b);
    if (first == nullptr || second == nullptr) return false;
    std::swap(*first, *second);
    std::swap(first->activation, second->activation);
    const auto gates = GatesOf(cell);
    const auto index = [&](auto* gate) {
      return static_cast<size_t>(std::find(gates.begin(), gates.end(), gate) - gates.begin());
    };
    auto* first_peephole = FindPeephole(cell, index(first));
    auto* second_peephole = FindPeephole(cell, index(second));
    if (first_peephole != nullptr && second_peephole != nullptr) {
      std::swap(*first_peephole, *second_peephole);
    }
    return true;
  });
}

MistakeChange ReorderGates(const std::vector<int>& order) {
  return InEachCell([order](auto& cell) {
    const auto gates = GatesOf(cell);
    if (gates.size() != order.size()) return false;
    const auto right = cell;
    const auto right_gates = GatesOf(right);
    for (size_t k = 0; k < gates.size(); ++k) TakeWeights(*gates[k], *right_gates[order[k]]);
    return true;
  });
}

MistakeChange Negate(const GateName& gate, GateTensor tensor) {
  return InTensor(gate, tensor, [](auto& value) { value = -value; });
}

MistakeChange LeaveOut(const GateName& gate, GateTensor tensor) {
  return InTensor(gate, tensor, [](auto& value) { value = 0; });
}

MistakeChange Copy(GateTensor tensor, const GateName& from, const GateName& to) {
  return InEachCell([=](auto& cell) {
    auto* source = FindGate(cell, from);
    auto* target = FindGate(cell, to);
    if (source == nullptr || target == nullptr) return false;
    TensorOf(*target, tensor) = TensorOf(*source, tensor);
    return true;
  });
}

MistakeChange SwapBiases(const GateName& a, const GateName& b) {
  return InEachCell([=](auto& cell) {
    auto* first = FindGate(cell, a);
    auto* second = FindGate(cell, b);
    if (first == nullptr || second == nullptr) return false;
    std::swap(first->bias, second->bias);
    return true;
  });
}

MistakeChange ShareBias(const GateName& gate) {
  return InEachCell([gate](auto& cell) {
    const auto* shared = FindGate(cell, gate);
    if (shared == nullptr || GatesOf(cell).size() < 2) return false;
    for (auto* other : GatesOf(cell)) other->bias = shared->bias;
    return true;
  });
}

MistakeChange ScaleBiases(int factor) {
  return InEachCell([factor](auto& cell) {
    for (auto* gate : GatesOf(cell)) {
      for (auto& value : gate->bias) value = Scaled(value, factor);
    }
    return true;
  });
}

MistakeChange LeaveOutLowerBiases() {
  return Both([](auto& exercise) {
    if (exercise.layers.size() < 2) return false;
    for (size_t k = 0; k + 1 < exercise.layers.size(); ++k) {
      std::visit(
          [](auto& cell) {
            for (auto* gate : GatesOf(cell)) std::fill(gate->bias.begin(), gate->bias.end(), 0);
          },
          exercise.layers[k]);
    }
    return true;
  });
}

MistakeChange SwapMatrices(const GateName& gate) {
  return InEachCell([gate](auto& cell) {
    if (cell.shape.input_size != cell.shape.output_size) return false;
    bool changed = false;
    for (auto* each : GatesOf(cell)) {
      if (!gate.empty() && each != FindGate(cell, gate)) continue;
      std::swap(each->input, each->recurrent);
      changed = true;
    }
    return changed;
  });
}

MistakeChange TransposeRecurrent() {
  return InEachCell([](auto& cell) {
    bool changed = false;
    for (auto* gate : GatesOf(cell)) {
      changed = Transpose(gate->bias.size(), gate->recurrent) || changed;
    }
    return changed;
  });
}

MistakeChange TransposeInput() {
  return InEachCell([](auto& cell) {
    bool changed = false;
    for (auto* gate : GatesOf(cell)) changed = Transpose(gate->bias.size(), gate->input) || changed;
    return changed;
  });
}

MistakeChange Activate(const GateName& gate, Activation right, Activation wrong) {
  return InEachCell([=](auto& cell) {
    bool changed = false;
    for (auto* each : GatesOf(cell)) {
      if (!gate.empty() && each != FindGate(cell, gate)) continue;
      if (each->activation != right) continue;
      each->activation = wrong;
      changed = true;
    }
    return changed;
  });
}

MistakeChange ActivateMemory(Activation wrong) {
  return InEachCell([wrong](auto& cell) {
    if constexpr (requires { cell.memory_activation; }) {
      if (cell.memory_activation == wrong) return false;
      cell.memory_activation = wrong;
      return true;
    }
    return false;
  });
}

// ---- Tensors of no gate ----

MistakeChange LeaveOutPeepholes() {
  return InEachCell([](auto& cell) {
    if constexpr (requires { cell.forget_peephole; }) {
      const bool has_peepholes = !cell.forget_peephole.empty();
      cell.forget_peephole.clear();
      cell.input_peephole.clear();
      cell.output_peephole.clear();
      return has_peepholes;
    }
    return false;
  });
}

MistakeChange LookAtOldMemory() {
  return Both([](auto& exercise) {
    bool has_peepholes = false;
    for (auto& layer : exercise.layers) {
      const auto has = [](auto& cell) { return FindPeephole(cell, 2) != nullptr; };
      has_peepholes = has_peepholes || std::visit(has, layer);
    }
    exercise.formulas.output_peephole_early = has_peepholes;
    return has_peepholes;
  });
}

MistakeChange LeaveOutProjection() {
  return Both([](auto& exercise) {
    bool has_projection = false;
    for (auto& layer : exercise.layers) {
      has_projection = has_projection || std::visit(
                                             [](auto& cell) {
                                               if constexpr (requires { cell.projection; }) {
                                                 return !cell.projection.empty();
                                               }
                                               return false;
                                             },
                                             layer);
    }
    exercise.formulas.projection_left_out = has_projection;
    return has_projection;
  });
}

MistakeChange LeaveOutRecurrentBias() {
  return InEachCell([](auto& cell) {
    if constexpr (requires { cell.candidate_recurrent_bias; }) {
      auto& bias = cell.candidate_recurrent_bias;
      std::fill(bias.begin(), bias.end(), 0);
      return true;
    }
    return false;
  });
}

}  // namespace cellar
