#include "client/commands/grade_problem.h"

#include <cstdint>
#include <utility>

#include "absl/types/span.h"
#include "client/grading/edx_problem.h"
#include "client/grading/foreseen_answers.h"
#include "client/grading/grading_client.h"

namespace cellar {
namespace {

// What the mistakes of the catalogue lead to; nothing if the exercise is too large for it.
absl::StatusOr<v1::CheckExerciseResponse> MistakenAnswers(Context& context,
                                                          const ExerciseArgument& argument,
                                                          const std::string& seed,
                                                          const v1::Verdict& key) {
  int64_t value_count = 0;
  for (const v1::QuestionVerdict& question : key.questions()) value_count += question.value_count();
  if (value_count > kMaxValuesForMistakes) return v1::CheckExerciseResponse();
  const absl::StatusOr<v1::Exercise> drawn = DrawnExercise(context, argument, seed);
  if (!drawn.ok()) return drawn.status();
  v1::CheckExerciseRequest request;
  *request.mutable_inline_exercise() = *drawn;
  request.set_answers(true);
  Connection& connection = *argument.connection;
  auto check = connection.Call(connection.gradings(), &v1::GradingService::Stub::CheckExercise,
                               request, Repeat::kSafe);
  if (absl::IsResourceExhausted(check.status())) return v1::CheckExerciseResponse();
  return check;
}

// Gives each answer its verdict.
absl::Status GradeForeseen(const ExerciseArgument& argument, const std::string& seed,
                           std::vector<ForeseenAnswer>& answers) {
  v1::GradeStreamOpen open;
  SetSource(argument, open);
  open.set_feedback(v1::FEEDBACK_DIAGNOSIS);
  const auto read = [&](size_t index) -> absl::StatusOr<v1::Submission> {
    answers[index].submission.set_seed(seed);
    return answers[index].submission;
  };
  return GradeAll(
      *argument.connection, open, answers.size(), read,
      [&](size_t index, v1::Verdict verdict) { answers[index].verdict = std::move(verdict); });
}

}  // namespace

absl::StatusOr<std::string> MakeGradeProblem(Context& context, const ExerciseArgument& argument,
                                             const GradeFlags& flags,
                                             const std::vector<v1::Verdict>& verdicts) {
  v1::Exercise exercise = argument.exercise;
  // The exercise decides how much a problem tells; a flag goes before it.
  if (!flags.feedback.empty()) exercise.set_feedback(FeedbackOf(flags));
  std::vector<ForeseenAnswer> foreseen;
  if (exercise.feedback() >= v1::FEEDBACK_DIAGNOSIS) {
    const std::string& seed = flags.reading.seed;
    const auto mistaken = MistakenAnswers(context, argument, seed, verdicts[0]);
    if (!mistaken.ok()) return mistaken.status();
    foreseen = ForeseenAnswers(verdicts[0], *mistaken, absl::MakeConstSpan(verdicts).subspan(1));
    const absl::Status graded = GradeForeseen(argument, seed, foreseen);
    if (!graded.ok()) return graded;
  }
  return EdxProblem(exercise, verdicts[0], foreseen);
}

}  // namespace cellar
