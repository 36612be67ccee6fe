// What came out of grading one answer, all of it; how much is told of it is decided where it is
// written (api/).
//
// Thread safety: values.
#ifndef CELLAR_SERVER_GRADING_VERDICT_H_
#define CELLAR_SERVER_GRADING_VERDICT_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace cellar {

struct ValueVerdict {
  std::optional<double> given = {};  // nothing: the question has no answer
  double expected = 0;
  bool correct = false;

  // For credit kCarried: what the student's own values of the step before lead to, if that is
  // something else, and whether that, or the expected value, was given.
  std::optional<double> expected_if_carried = {};
  bool correct_if_carried = false;

  double points = 0;
};

struct QuestionVerdict {
  double points = 0;
  int64_t correct_count = 0;         // values that are right, errors carried forward not counted
  std::vector<ValueVerdict> values;  // in the order asked
};

struct Verdict {
  double points = 0;
  std::vector<QuestionVerdict> questions;  // in the exercise's order

  bool AllCorrect() const {
    for (const QuestionVerdict& question : questions) {
      if (question.correct_count < static_cast<int64_t>(question.values.size())) return false;
    }
    return true;
  }
};

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_VERDICT_H_
