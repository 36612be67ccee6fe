// Exercises as messages, for tests of api/ and rpc/.
//
// Thread safety: pure functions.
#ifndef CELLAR_TESTS_TESTING_EXERCISE_MESSAGE_H_
#define CELLAR_TESTS_TESTING_EXERCISE_MESSAGE_H_

#include <string>

#include "cellar/v1/exercise.pb.h"
#include "cellar/v1/grading_service.pb.h"
#include "server/api/convert_enums.h"
#include "server/api/convert_model.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {

// The two parts of the course problem under its rules; as HomeworkExercise, by default in full.
inline v1::Exercise HomeworkMessage() {
  v1::Exercise message;
  message.set_title("LSTM states");
  *message.mutable_model() =
      WriteModel(*HomeworkModel(), ModelDetail::kWeights, v1::ENCODING_VALUES);
  *message.mutable_numerics() = WriteNumerics(kCourseRules);
  *message.add_sequences()->mutable_inputs() = ValuesOf({0, 0, 1, 1, 1, 0});
  *message.add_sequences()->mutable_inputs() = ValuesOf({1, 1, 0, 1, 1});
  return message;
}

inline constexpr char kRightText[] = "[0, 0, 1, -1, 1, 0] [1, -1, 0, 1, -1]";
inline constexpr char kWrongText[] = "[0, 0, 1, -1, 1, -1] [1, -1, 0, 0, 1]";  // one and two wrong

// A request that grades `text` by the homework.
inline v1::GradeRequest GradeText(const std::string& text,
                                  v1::Feedback feedback = v1::FEEDBACK_UNSPECIFIED) {
  v1::GradeRequest request;
  *request.mutable_inline_exercise() = HomeworkMessage();
  request.mutable_submission()->set_text(text);
  request.set_feedback(feedback);
  return request;
}

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_EXERCISE_MESSAGE_H_
