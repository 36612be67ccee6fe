#include "server/api/grading_handlers.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "server/api/answer_size.h"
#include "server/api/convert_diagnosis.h"
#include "server/api/convert_enums.h"
#include "server/api/convert_question.h"
#include "server/api/convert_verdict.h"
#include "server/api/key_access.h"
#include "server/base/status_macros.h"
#include "server/grading/grader.h"

namespace cellar {
namespace {

constexpr char kOneMessageEach[] =
    "the first message must be `open`, every other one a `submission`";

// The level of a verdict: what is asked for, but without the grader role not above the exercise's.
Feedback LevelFor(const Call& call, v1::Feedback asked, const Exercise& exercise) {
  if (asked == v1::FEEDBACK_UNSPECIFIED) return exercise.feedback;
  FieldViolations none;
  const Feedback level = ReadFeedback(asked, "", none);
  return MaySeeKey(call) ? level : std::min(level, exercise.feedback);
}

// The time since `begin`. Who may not see the key gets no clock to measure the grader with.
void WriteDuration(const Api& api, const Call& call, absl::Time begin, v1::Verdict* message) {
  absl::Duration taken = api.clock.Now() - begin;
  if (!MaySeeKey(call)) taken = absl::Ceil(taken, absl::Milliseconds(1));
  const int64_t nanoseconds = absl::ToInt64Nanoseconds(taken);
  message->mutable_duration()->set_seconds(nanoseconds / 1'000'000'000);
  message->mutable_duration()->set_nanos(static_cast<int32_t>(nanoseconds % 1'000'000'000));
}

// Grades a submission that CheckSubmission has passed.
absl::Status GradeSubmission(Api& api, const Call& call, const ExerciseSource& source,
                             Feedback level, const v1::Submission& submission,
                             v1::Verdict* message) {
  const absl::Time begin = api.clock.Now();
  CELLAR_ASSIGN_OR_RETURN(const std::shared_ptr<const CompiledExercise> compiled,
                          source.Draw(submission.seed()));
  WriteVerdictHead(*compiled, submission.id(), level, message);
  const ReadAnswer read = ReadSubmission(submission, compiled->exercise);
  if (read.problems.empty()) {
    const Verdict verdict = GradeAnswer(*compiled, read.answer);
    WriteQuestions(*compiled, verdict, level, message);
    if (level >= Feedback::kDiagnosis && !verdict.AllCorrect()) {
      const Diagnoser& diagnoser = compiled->diagnoser.For(compiled->exercise);
      WriteDiagnoses(diagnoser.Diagnose(read.answer), message);
    }
  } else {
    WriteProblems(read.problems, message);
  }
  WriteDuration(api, call, begin, message);
  return CheckAnswerSize(static_cast<int64_t>(message->ByteSizeLong()),
                         api.limits.max_message_bytes);
}

}  // namespace

absl::Status Grade(Api& api, const Call& call, const v1::GradeRequest& request,
                   v1::GradeResponse* response) {
  FieldViolations violations;
  CheckEnum(request.feedback(), "feedback", violations);
  CheckSubmission(request.submission(), "submission", violations);
  CELLAR_ASSIGN_OR_RETURN(
      const ExerciseSource source,
      ExerciseSource::Open(api, call, WishOf(request, ""), std::move(violations)));
  return GradeSubmission(api, call, source,
                         LevelFor(call, request.feedback(), source.written().exercise),
                         request.submission(), response->mutable_verdict());
}

absl::Status GradeStream::Open(const v1::GradeStreamRequest& request) {
  if (request.request_case() != v1::GradeStreamRequest::kOpen) {
    return BadRequest({{"request", kOneMessageEach}});
  }
  const v1::GradeStreamOpen& open = request.open();
  FieldViolations violations;
  CheckEnum(open.feedback(), "open.feedback", violations);
  CELLAR_ASSIGN_OR_RETURN(
      source_, ExerciseSource::Open(api_, call_, WishOf(open, "open."), std::move(violations)));
  level_ = LevelFor(call_, open.feedback(), source_->written().exercise);
  return absl::OkStatus();
}

absl::Status GradeStream::Grade(const v1::GradeStreamRequest& request,
                                v1::GradeStreamResponse* response) {
  if (request.request_case() != v1::GradeStreamRequest::kSubmission) {
    return BadRequest({{"request", kOneMessageEach}});
  }
  FieldViolations violations;
  CheckSubmission(request.submission(), "submission", violations);
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
  return GradeSubmission(api_, call_, *source_, level_, request.submission(),
                         response->mutable_verdict());
}

}  // namespace cellar
