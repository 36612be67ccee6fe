// Whether a given value counts as the expected one (exercise.proto, Comparison).
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_COMPARISON_H_
#define CELLAR_SERVER_GRADING_COMPARISON_H_

#include "server/cell/numerics.h"
#include "server/grading/exercise.h"

namespace cellar {

// The comparison where none has been chosen: equality for h that is reported rounded, else an
// absolute or relative difference of 0.001.
Comparison DefaultComparison(Quantity quantity, const Numerics& numerics);

// Whether any rule of `comparison` accepts `given`. NaN is accepted for NaN only, an infinity for
// itself only; -0 is 0. `expected` is a number of `precision`. A decimal number exactly on the
// bound of a rule is accepted, whatever its binary form: bounds have a slack of a few units in the
// last place of a double, and of half a unit of the expected value where `precision` is float32.
bool Accepts(const Comparison& comparison, Precision precision, double expected, double given);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_COMPARISON_H_
