// Reads anything as an answer: the first byte chooses the form, the rest is the text or file.
//
// Promises: reading ends with problems or with an answer to every question; problems have a reason
// in UTF-8 and a place that is there or none; whatever can be read can be graded, and gets points
// between 0 and the most there is; reading twice reads the same.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/grading/grader.h"
#include "server/grading/plain_text.h"
#include "server/grading/submission_reader.h"
#include "tests/fuzz/fuzz_check.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

// One sequence, so that letters may stand for questions; errors are carried.
std::shared_ptr<const CompiledExercise> OneSequence() {
  Exercise exercise = ExerciseOf(HomeworkModel(), {}, {{1, 0, 1}});
  for (const Quantity quantity : {Quantity::kH, Quantity::kC, Quantity::kForgetGate}) {
    Ask(exercise, quantity).credit = Credit::kCarried;
  }
  exercise.questions[1].steps = {0, 2};
  exercise.questions[2].id = "gate";
  return Compile(std::move(exercise));
}

ReadAnswer Read(uint8_t form, const Exercise& exercise, const std::string& content) {
  switch (form % 6) {
    case 0:
      return ReadText(exercise, content);
    case 1:
      return ReadTexts(exercise, {{"1", content}, {content.substr(0, 9), content}});
    default:
      return ReadFile(exercise, static_cast<AnswerFormat>(form % 6 - 1), content);
  }
}

void CheckProblems(const ReadProblems& problems) {
  FuzzCheck(problems.size() <= kMaxReadProblems, "problems are bounded");
  for (const ReadProblem& problem : problems) {
    TextPlace bad;
    FuzzCheck(!problem.reason.empty(), "a problem has a reason");
    FuzzCheck(PlainText::Read(problem.reason, &bad).has_value(), "a reason is UTF-8");
    FuzzCheck((problem.line > 0) == (problem.column > 0), "a place has line and column");
  }
}

void CheckReading(const CompiledExercise& compiled, uint8_t form, const std::string& content) {
  const ReadAnswer read = Read(form, compiled.exercise, content);
  CheckProblems(read.problems);
  FuzzCheck(Read(form, compiled.exercise, content).problems == read.problems, "reading repeats");
  if (!read.problems.empty()) return;
  FuzzCheck(read.answer.size() == compiled.exercise.questions.size(), "each question has a place");
  for (size_t q = 0; q < read.answer.size(); ++q) {
    FuzzCheck(!read.answer[q].has_value() || static_cast<int64_t>(read.answer[q]->size()) ==
                                                 compiled.exercise.questions[q].value_count(),
              "an answer has as many values as are asked for");
  }
  const Verdict verdict = GradeAnswer(compiled, read.answer);
  FuzzCheck(verdict.points >= 0 && verdict.points <= compiled.max_points, "points are possible");
}

}  // namespace
}  // namespace cellar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cellar;  // NOLINT(google-build-using-namespace): a main function of sorts
  static const auto& homework =
      *new std::shared_ptr<const CompiledExercise>(Compile(HomeworkExercise()));
  static const auto& one_sequence = *new std::shared_ptr<const CompiledExercise>(OneSequence());
  if (size == 0) return 0;
  const std::string content(reinterpret_cast<const char*>(data) + 1, size - 1);
  CheckReading(*homework, data[0], content);
  CheckReading(*one_sequence, data[0], content);
  return 0;
}
