#include "server/api/convert_verdict.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/api/convert_enums.h"
#include "server/api/convert_question.h"
#include "server/base/wire_text.h"
#include "server/grading/submission_reader.h"

namespace cellar {
namespace {

constexpr int64_t kMaxCharacters = 200;    // of ids and seeds
constexpr size_t kMaxProblemBytes = 1000;  // of what is told of a place that cannot be read

AnswerFormat ReadAnswerFormat(v1::AnswerFormat value) {
  switch (value) {
    case v1::ANSWER_FORMAT_TEXT:
      return AnswerFormat::kText;
    case v1::ANSWER_FORMAT_JSON:
      return AnswerFormat::kJson;
    case v1::ANSWER_FORMAT_CSV:
      return AnswerFormat::kCsv;
    case v1::ANSWER_FORMAT_NPY:
      return AnswerFormat::kNpy;
    default:
      return AnswerFormat::kUnspecified;
  }
}

// In the order of the ids, so that equal submissions have equal problems.
ReadAnswer ReadTypedAnswers(const v1::TypedAnswers& message, const Exercise& exercise) {
  std::vector<std::pair<std::string, std::string>> texts(message.texts().begin(),
                                                         message.texts().end());
  std::sort(texts.begin(), texts.end());
  return ReadTexts(exercise, texts);
}

void WriteValue(const Question& question, int64_t index, const ValueVerdict& value, Feedback level,
                v1::ValueVerdict* message) {
  const AskedValue asked = question.ValueAt(index);
  message->set_step(asked.step);
  message->set_element(asked.element);
  if (value.given.has_value()) message->set_given(*value.given);
  message->set_correct(value.correct);
  message->set_correct_if_carried(value.correct_if_carried);
  message->set_points(value.points);
  if (level < Feedback::kExpected) return;
  message->set_expected(value.expected);
  if (value.expected_if_carried.has_value()) {
    message->set_expected_if_carried(*value.expected_if_carried);
  }
}

void WriteQuestion(const Question& question, const QuestionVerdict& verdict, Feedback level,
                   v1::QuestionVerdict* message) {
  message->set_question(question.id);
  message->set_points(verdict.points);
  message->set_max_points(question.points);
  message->set_value_count(static_cast<int64_t>(verdict.values.size()));
  if (level < Feedback::kSteps) return;
  message->set_correct_count(verdict.correct_count);
  message->mutable_values()->Reserve(static_cast<int>(verdict.values.size()));
  for (size_t i = 0; i < verdict.values.size(); ++i) {
    WriteValue(question, static_cast<int64_t>(i), verdict.values[i], level, message->add_values());
  }
}

}  // namespace

void CheckShortText(absl::string_view text, absl::string_view path, FieldViolations& violations) {
  const auto characters = std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;  // not a continuation
  });
  if (characters <= kMaxCharacters) return;
  violations.push_back(
      {std::string(path),
       absl::StrCat("has ", characters, " characters; must have at most ", kMaxCharacters)});
}

void CheckSubmission(const v1::Submission& message, absl::string_view path,
                     FieldViolations& violations) {
  CheckShortText(message.id(), absl::StrCat(path, ".id"), violations);
  CheckShortText(message.seed(), absl::StrCat(path, ".seed"), violations);
  switch (message.answer_case()) {
    case v1::Submission::kText:
    case v1::Submission::kTyped:
      break;
    case v1::Submission::kFile:
      CheckEnum(message.file().format(), absl::StrCat(path, ".file.format"), violations);
      break;
    case v1::Submission::ANSWER_NOT_SET:
      violations.push_back(
          {absl::StrCat(path, ".answer"), "is required; give `text`, `typed` or `file`"});
      break;
  }
}

ReadAnswer ReadSubmission(const v1::Submission& message, const Exercise& exercise) {
  switch (message.answer_case()) {
    case v1::Submission::kTyped:
      return ReadTypedAnswers(message.typed(), exercise);
    case v1::Submission::kFile:
      return ReadFile(exercise, ReadAnswerFormat(message.file().format()),
                      message.file().content());
    default:
      return ReadText(exercise, message.text());
  }
}

void WriteVerdictHead(const CompiledExercise& compiled, absl::string_view submission_id,
                      Feedback level, v1::Verdict* message) {
  message->set_submission_id(std::string(submission_id));
  message->set_max_points(compiled.max_points);
  message->set_feedback(WriteFeedback(level));
  message->set_parameter_digest(compiled.digest);
  message->set_engine_version(CELLAR_VERSION);
}

void WriteProblems(const ReadProblems& problems, v1::Verdict* message) {
  for (const ReadProblem& problem : problems) {
    v1::ReadProblem* const written = message->add_problems();
    // What is quoted in them was never checked to be text.
    written->set_question(WireText(problem.question, kMaxProblemBytes));
    written->set_line(problem.line);
    written->set_column(problem.column);
    written->set_reason(WireText(problem.reason, kMaxProblemBytes));
  }
}

void WriteQuestions(const CompiledExercise& compiled, const Verdict& verdict, Feedback level,
                    v1::Verdict* message) {
  message->set_gradable(true);
  message->set_points(verdict.points);
  for (size_t q = 0; q < verdict.questions.size(); ++q) {
    WriteQuestion(compiled.exercise.questions[q], verdict.questions[q], level,
                  message->add_questions());
  }
}

}  // namespace cellar
