// Which given values count as right, as a range of numbers: what a check that runs without a server
// must know.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_GRADING_ACCEPTANCE_H_
#define CELLAR_CLIENT_GRADING_ACCEPTANCE_H_

#include "cellar/v1/exercise.pb.h"

namespace cellar {

// All values from `low` to `high`, both included; NaN only if both are NaN.
struct Acceptance {
  double low = 0;
  double high = 0;
};

// What the comparison accepts for an expected value, see Comparison in exercise.proto: every rule
// accepts a range around the expected value, so together they do, too. `rounded`: the value is an h
// that is reported rounded.
Acceptance AcceptanceOf(const v1::Comparison& comparison, double expected, bool rounded,
                        v1::Precision precision);

// The comparison that holds for a question.
const v1::Comparison& ComparisonOf(const v1::Exercise& exercise, const v1::Question& question);

// Whether a question asks for an h that is reported rounded.
bool IsReportedRounded(const v1::Exercise& exercise, const v1::Question& question);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_ACCEPTANCE_H_
