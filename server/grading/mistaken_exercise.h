// An exercise as somebody works it who makes mistakes: everything of it that a mistake may change.
//
// Thread safety: values; the functions are pure.
#ifndef CELLAR_SERVER_GRADING_MISTAKEN_EXERCISE_H_
#define CELLAR_SERVER_GRADING_MISTAKEN_EXERCISE_H_

#include <cstdint>
#include <vector>

#include "server/cell/cell_weights.h"
#include "server/engine/step_runner.h"
#include "server/grading/exercise.h"
#include "server/grading/mistaken_formulas.h"
#include "server/model/stack_state.h"

namespace cellar {

template <class Real>
struct MistakenSequence {
  std::vector<Real> inputs;  // [step_count, I]
  int64_t step_count = 0;
  StackState<Real> initial_state;
};

template <class Real>
struct MistakenExercise {
  std::vector<CellWeights<Real>> layers;  // from the input upwards
  StepFormulas formulas;
  std::vector<MistakenSequence<Real>> sequences;
};

// The exercise as it is meant. REQUIRES: Real is its precision.
template <class Real>
MistakenExercise<Real> UnmistakenExercise(const Exercise& exercise);

// Every step of a sequence, seen from inside (TraceView::kTrace); rows stand where the answer puts
// them. If nothing has been changed: RunSteps, bit for bit.
template <class Real>
StackTrace<Real> RunMistaken(const MistakenExercise<Real>& exercise,
                             const MistakenSequence<Real>& sequence);

// What is asked, question by question, all in one row. `questions` ask for what the model has.
template <class Real>
std::vector<double> AnswersOf(const MistakenExercise<Real>& exercise,
                              const std::vector<Question>& questions);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_MISTAKEN_EXERCISE_H_
