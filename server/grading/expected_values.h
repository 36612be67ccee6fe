// The answer key: what the model gives where an exercise asks.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_EXPECTED_VALUES_H_
#define CELLAR_SERVER_GRADING_EXPECTED_VALUES_H_

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/grading/exercise.h"

namespace cellar {

// Of each question the expected values in the order asked, numbers of the exercise's precision.
// `cancelled` is asked now and then; once it says yes, CANCELLED is returned.
absl::StatusOr<std::vector<std::vector<double>>> ExpectedValues(
    const Exercise& exercise, const std::function<bool()>& cancelled);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_EXPECTED_VALUES_H_
