#include "server/grading/mistake_changes.h"

#include <algorithm>
#include <cstddef>

namespace cellar {
namespace {

template <class Change>
MistakeChange Both(Change change) {
  return {change, change};
}

// Whether every LSTM's h is as long as its c, and there is one.
template <class Real>
bool HiddenFitsMemory(const std::vector<CellWeights<Real>>& layers) {
  bool any = false;
  for (const CellWeights<Real>& layer : layers) {
    const CellShape& shape = ShapeOf(layer);
    if (shape.kind != CellKind::kLstm) continue;
    if (shape.output_size != shape.hidden_size) return false;
    any = true;
  }
  return any;
}

template <class Real>
bool LayersAreAlike(const std::vector<CellWeights<Real>>& layers) {
  if (layers.size() < 2) return false;
  return std::all_of(layers.begin(), layers.end(), [&](const CellWeights<Real>& layer) {
    return ShapeOf(layer) == ShapeOf(layers.front());
  });
}

// Fills h, or c, of all initial states. Returns whether anything was filled.
template <class Exercise, class Member, class Real>
bool FillStates(Exercise& exercise, Member member, Real value) {
  bool changed = false;
  for (auto& sequence : exercise.sequences) {
    for (auto& layer : sequence.initial_state.layers) {
      for (auto& number : layer.*member) {
        changed = changed || number != value;
        number = value;
      }
    }
  }
  return changed;
}

}  // namespace

// ---- Formulas and rules ----

MistakeChange UseHiddenAndMemory(HiddenSource hidden, MemorySource memory, ReportFormula report) {
  return Both([=](auto& exercise) {
    if (!HiddenFitsMemory(exercise.layers)) return false;
    StepFormulas& formulas = exercise.formulas;
    if (hidden != HiddenSource::kPrevious) formulas.hidden_source = hidden;
    if (memory != MemorySource::kPrevious) formulas.memory_source = memory;
    if (report != ReportFormula::kRight) formulas.report = report;
    return true;
  });
}

MistakeChange UseRules(ActivationRule right, const ActivationRules& wrong) {
  return Both([=](auto& exercise) {
    if (exercise.formulas.sigmoid_rule != right) return false;
    exercise.formulas.sigmoid_rule = wrong.sigmoid;
    exercise.formulas.tanh_rule = wrong.tanh;
    exercise.formulas.memory_rule = wrong.memory;
    return true;
  });
}

MistakeChange RoundHiddenBy(RoundingRule rule) {
  return Both([=](auto& exercise) {
    if (exercise.formulas.rounding == RoundingRule::kNone) return false;
    exercise.formulas.rounding = rule;
    return true;
  });
}

MistakeChange RoundNeedlessly(RoundingScope scope) {
  return Both([=](auto& exercise) {
    if (exercise.formulas.rounding != RoundingRule::kNone) return false;
    exercise.formulas.rounding = RoundingRule::kTiesToEven;
    exercise.formulas.rounding_scope = scope;
    return true;
  });
}

MistakeChange RoundAt(RoundingScope scope) {
  return Both([=](auto& exercise) {
    StepFormulas& formulas = exercise.formulas;
    if (formulas.rounding == RoundingRule::kNone || formulas.rounding_scope == scope) return false;
    formulas.rounding_scope = scope;
    return true;
  });
}

MistakeChange ShowUnrounded() {
  return Both([](auto& exercise) {
    StepFormulas& formulas = exercise.formulas;
    const bool fed_back = formulas.rounding_scope == RoundingScope::kFeedback;
    if (formulas.rounding == RoundingRule::kNone || !fed_back) return false;
    formulas.report = ReportFormula::kUnrounded;
    return true;
  });
}

MistakeChange CutEverything() {
  return Both([](auto& exercise) {
    exercise.formulas.gate_rounding = RoundingRule::kTruncate;
    exercise.formulas.memory_rounding = RoundingRule::kTruncate;
    exercise.formulas.rounding = RoundingRule::kTruncate;
    exercise.formulas.rounding_scope = RoundingScope::kFeedback;
    return true;
  });
}

// ---- Inputs, states, layers ----

MistakeChange ShiftInputs(int64_t offset) {
  return Both([offset](auto& exercise) {
    for (auto& sequence : exercise.sequences) {
      const auto right = sequence.inputs;
      const auto size = static_cast<int64_t>(right.size());
      const int64_t shift = offset * (size / sequence.step_count);
      for (int64_t k = 0; k < size; ++k) {
        const bool is_there = k + shift >= 0 && k + shift < size;
        sequence.inputs[k] = is_there ? right[k + shift] : 0;
      }
    }
    return true;
  });
}

MistakeChange ReverseInputs() {
  return Both([](auto& exercise) {
    for (auto& sequence : exercise.sequences) {
      const auto width = static_cast<int64_t>(sequence.inputs.size()) / sequence.step_count;
      std::reverse(sequence.inputs.begin(), sequence.inputs.end());
      for (auto row = sequence.inputs.begin(); row != sequence.inputs.end(); row += width) {
        std::reverse(row, row + width);
      }
    }
    return true;
  });
}

MistakeChange RepeatFirstInput() {
  return Both([](auto& exercise) {
    for (auto& sequence : exercise.sequences) {
      const size_t width = sequence.inputs.size() / sequence.step_count;
      for (size_t k = width; k < sequence.inputs.size(); ++k) {
        sequence.inputs[k] = sequence.inputs[k - width];
      }
    }
    return true;
  });
}

MistakeChange DoNotCarryState() {
  return Both([](auto& exercise) {
    exercise.formulas.hidden_source = HiddenSource::kInitial;
    exercise.formulas.memory_source = MemorySource::kInitial;
    return true;
  });
}

MistakeChange StartHiddenAtOne() {
  return Both([]<class Real>(MistakenExercise<Real>& exercise) {
    return FillStates(exercise, &CellState<Real>::h, Real{1});
  });
}

MistakeChange StartMemoryAtOne() {
  return Both([]<class Real>(MistakenExercise<Real>& exercise) {
    return FillStates(exercise, &CellState<Real>::c, Real{1});
  });
}

MistakeChange StartAtZero() {
  return Both([]<class Real>(MistakenExercise<Real>& exercise) {
    const bool hidden = FillStates(exercise, &CellState<Real>::h, Real{0});
    return FillStates(exercise, &CellState<Real>::c, Real{0}) || hidden;
  });
}

MistakeChange ReverseLayers() {
  return Both([](auto& exercise) {
    if (!LayersAreAlike(exercise.layers)) return false;
    std::reverse(exercise.layers.begin(), exercise.layers.end());
    return true;
  });
}

MistakeChange RepeatFirstLayer() {
  return Both([](auto& exercise) {
    if (!LayersAreAlike(exercise.layers)) return false;
    for (auto& layer : exercise.layers) layer = exercise.layers.front();
    return true;
  });
}

}  // namespace cellar
