// What mistakes are made of: changes to formulas, rules, inputs and states, in the words in which
// the catalogue tells them. Every change acts on all layers and sequences alike. Those of weights
// are in gate_changes.h.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_MISTAKE_CHANGES_H_
#define CELLAR_SERVER_GRADING_MISTAKE_CHANGES_H_

#include <cstdint>

#include "server/grading/mistake.h"

namespace cellar {

// ---- Formulas and rules ----

// Puts `value` into a field of the formulas.
template <class Value>
MistakeChange Use(Value StepFormulas::*field, Value value) {
  const auto change = [field, value](auto& exercise) {
    exercise.formulas.*field = value;
    return true;
  };
  return {change, change};
}

// The same, for formulas in which h and c take each other's place: only if they are equally long.
MistakeChange UseHiddenAndMemory(HiddenSource hidden, MemorySource memory, ReportFormula report);

// Sigmoid, tanh, and tanh around c, each by its rule. Only if they are all to follow `right`.
struct ActivationRules {
  ActivationRule sigmoid;
  ActivationRule tanh;
  ActivationRule memory;
};
MistakeChange UseRules(ActivationRule right, const ActivationRules& wrong);

// Rounds h, which is to be rounded, by another rule, or not at all.
MistakeChange RoundHiddenBy(RoundingRule rule);

// Rounds h, which is not to be rounded, to the nearest integer.
MistakeChange RoundNeedlessly(RoundingScope scope);

// Makes rounding, which is there, act elsewhere. Only if that changes something.
MistakeChange RoundAt(RoundingScope scope);

// Shows the unrounded h, though the rounded one is fed back.
MistakeChange ShowUnrounded();

// Cuts gates, c and h down to integers.
MistakeChange CutEverything();

// ---- Inputs, states, layers ----

// Step t sees the inputs of step t + offset, zeros where there are none.
MistakeChange ShiftInputs(int64_t offset);
MistakeChange ReverseInputs();
MistakeChange RepeatFirstInput();

// Every step starts from the initial state.
MistakeChange DoNotCarryState();

// The initial h, or c, is 1. Both are 0, if they are not.
MistakeChange StartHiddenAtOne();
MistakeChange StartMemoryAtOne();
MistakeChange StartAtZero();

// Only where layers have the same shape, and are more than one.
MistakeChange ReverseLayers();
MistakeChange RepeatFirstLayer();

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_MISTAKE_CHANGES_H_
