// What an exercise asks, from the wire.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_CONVERT_QUESTION_H_
#define CELLAR_SERVER_API_CONVERT_QUESTION_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "cellar/v1/exercise.pb.h"
#include "server/base/error.h"
#include "server/grading/exercise.h"

namespace cellar {

// The questions of `message`, with everything filled in that is left out; the default ones if there
// are none. `exercise` has its model, numerics and sequences. What is wrong is added to
// `violations` under `path`, the path of `message`; then the result is not to be used. Values asked
// beyond `max_values` are refused before they take memory.
std::vector<Question> ReadQuestions(const v1::Exercise& message, const Exercise& exercise,
                                    int64_t max_values, absl::string_view path,
                                    FieldViolations& violations);

// What can be told of the rules without knowing the model: enums, and bounds of numbers.
void CheckQuestionRules(const v1::Exercise& message, absl::string_view path,
                        FieldViolations& violations);

// Unspecified is kSteps.
Feedback ReadFeedback(v1::Feedback value, absl::string_view path, FieldViolations& violations);
v1::Feedback WriteFeedback(Feedback value);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_CONVERT_QUESTION_H_
