#include "server/grading/grader.h"

#include <cstddef>

#include "server/grading/carried_values.h"
#include "server/grading/comparison.h"

namespace cellar {
namespace {

// Which values are right, without points.
QuestionVerdict Judge(const CompiledExercise& compiled, const Answer& answer, size_t index) {
  const Question& question = compiled.exercise.questions[index];
  const std::vector<double>& expected = compiled.expected[index];
  QuestionVerdict verdict;
  verdict.values.resize(expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    ValueVerdict& value = verdict.values[i];
    value.expected = expected[i];
    if (!answer[index].has_value()) continue;
    value.given = (*answer[index])[i];
    value.correct = Accepts(question.comparison, compiled.exercise.numerics.precision, expected[i],
                            *value.given);
    if (value.correct) ++verdict.correct_count;
  }
  return verdict;
}

bool Counts(const Question& question, const ValueVerdict& value) {
  return value.correct || (question.credit == Credit::kCarried && value.correct_if_carried);
}

// Every value's share of the points is the same; the sum is made in one step, so that everything
// right gives exactly the question's points.
void GivePoints(const Question& question, QuestionVerdict& verdict) {
  const auto count = static_cast<double>(verdict.values.size());
  double counted = 0;
  for (const ValueVerdict& value : verdict.values) counted += Counts(question, value) ? 1 : 0;
  if (question.credit == Credit::kAllOrNothing && counted < count) return;
  verdict.points = question.points * (counted / count);
  for (ValueVerdict& value : verdict.values) {
    if (Counts(question, value)) value.points = question.points / count;
  }
}

}  // namespace

Verdict GradeAnswer(const CompiledExercise& compiled, const Answer& answer) {
  Verdict verdict;
  const std::vector<Question>& questions = compiled.exercise.questions;
  for (size_t q = 0; q < questions.size(); ++q) {
    verdict.questions.push_back(Judge(compiled, answer, q));
  }
  if (compiled.has_carried && !verdict.AllCorrect()) JudgeCarried(compiled, verdict);
  for (size_t q = 0; q < questions.size(); ++q) {
    for (ValueVerdict& value : verdict.questions[q].values) {
      if (questions[q].credit == Credit::kCarried && value.correct) value.correct_if_carried = true;
    }
    GivePoints(questions[q], verdict.questions[q]);
    verdict.points += verdict.questions[q].points;
  }
  return verdict;
}

}  // namespace cellar
