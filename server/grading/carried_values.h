// Errors carried forward: what would have been right after the student's own values of the step
// before, so that one slip costs one step.
//
// A state is led beside the expected one, in the student's footsteps. It makes each step as the
// model does; then, layer by layer:
//  1. If it gives what the student gave of the layer's h and c at this step, it is kept: the
//     student's numbers are the same ones with fewer digits.
//  2. Otherwise, if the student gave what was expected, the expected state takes its place (a slip
//     of the pen was not carried on).
//  3. Otherwise the numbers given replace its own. What was not given stays as it follows from the
//     steps before: if only h is known, c is what the student's earlier values lead to; if only c
//     is known, h becomes o * tanh(c) (but not behind a projection). Under rounding that acts in
//     the report only, the h that goes on is the rounded one that was given, as no other is known.
// Values that are not finite are never carried on, nor are they ever right by being carried.
//
// Thread safety: a pure function of its arguments.
#ifndef CELLAR_SERVER_GRADING_CARRIED_VALUES_H_
#define CELLAR_SERVER_GRADING_CARRIED_VALUES_H_

#include "server/grading/compiled_exercise.h"
#include "server/grading/verdict.h"

namespace cellar {

// Fills in expected_if_carried and correct_if_carried of the questions with credit kCarried.
// REQUIRES: `verdict` tells what was given and whether it is correct.
void JudgeCarried(const CompiledExercise& compiled, Verdict& verdict);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_CARRIED_VALUES_H_
