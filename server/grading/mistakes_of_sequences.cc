#include "server/grading/mistake_changes.h"
#include "server/grading/mistake_tables.h"

namespace cellar {

// clang-format off
std::vector<Mistake> MistakesOfSequences() {
  return {
      {"hidden_not_carried", "h is not carried from step to step", AnyCell(), Seen::kOften,
       Use(&StepFormulas::hidden_source, HiddenSource::kInitial),
       "Every step takes h of the step before, not the initial one."},
      {"memory_not_carried", "c is not carried from step to step", Lstm(), Seen::kSeldom,
       Use(&StepFormulas::memory_source, MemorySource::kInitial),
       "Every step takes c of the step before, not the initial one."},
      {"state_not_carried", "every step starts from the initial state", Lstm(), Seen::kSeldom, DoNotCarryState(),
       "Every step starts from the state in which the step before ended."},
      {"initial_hidden_one", "h starts at 1", AnyCell(), Seen::kSeldom, StartHiddenAtOne(),
       "Compare the h before the first step with the exercise."},
      {"initial_memory_one", "c starts at 1", Lstm(), Seen::kSeldom, StartMemoryAtOne(),
       "Compare the c before the first step with the exercise."},
      {"initial_state_left_out", "the initial state is left out", AnyCell(), Seen::kOften, StartAtZero(),
       "The state before the first step is given; it is not zero."},
      {"inputs_late", "every step sees the input of the step before", AnyCell(), Seen::kSeldom, ShiftInputs(-1),
       "Step t sees x of step t. Count the steps from the same start as the inputs."},
      {"inputs_early", "every step sees the input of the step after", AnyCell(), Seen::kSeldom, ShiftInputs(1),
       "Step t sees x of step t. Count the steps from the same start as the inputs."},
      {"inputs_reversed", "the inputs are taken from the last to the first", AnyCell(), Seen::kSeldom, ReverseInputs(),
       "The inputs are given in the order of time."},
      {"first_input_repeated", "every step sees the first input", AnyCell(), Seen::kSeldom, RepeatFirstInput(),
       "Every step has its own input."},
      {"answer_late", "every value is given one step late", AnyCell(), Seen::kSeldom,
       Use(&StepFormulas::report, ReportFormula::kLate),
       "The first value is that after the first step; the initial state is not part of the answer."},
      {"answer_reversed", "the values are given from the last to the first", AnyCell(), Seen::kSeldom,
       Use(&StepFormulas::report, ReportFormula::kReversed), "Give the values in the order of time."},
      {"layers_reversed", "the layers are in the wrong order", AnyCell(), Seen::kSeldom, ReverseLayers(),
       "The first layer sees the inputs, each other one sees h of the layer below."},
      {"first_layer_repeated", "every layer has the weights of the first", AnyCell(), Seen::kSeldom, RepeatFirstLayer(),
       "Every layer has its own weights."},
  };
}
// clang-format on

}  // namespace cellar
