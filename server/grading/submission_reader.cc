#include "server/grading/submission_reader.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "server/grading/answer_csv.h"
#include "server/grading/answer_json.h"
#include "server/grading/answer_npy.h"
#include "server/grading/typed_values.h"
#include "server/grading/value_counts.h"

namespace cellar {
namespace {

// A text without anything in it. Blanks of other alphabets are for the reader to find.
bool IsBlankText(absl::string_view text) {
  return text.find_first_not_of(" \t\r\n") == absl::string_view::npos;
}

// Reads one question's text into its place of `read`.
void ReadQuestionText(const Exercise& exercise, size_t index, absl::string_view text,
                      ReadAnswer& read) {
  const Question& question = exercise.questions[index];
  TypedValues typed = ReadTypedValues(text, question.value_count());
  const auto found = static_cast<int64_t>(typed.values.size());
  if (typed.problems.empty() && found != question.value_count()) {
    typed.problems.push_back({.reason = WrongCount(question, found)});
  }
  for (ReadProblem& problem : typed.problems) {
    if (read.problems.size() >= kMaxReadProblems) return;
    problem.question = question.id;
    read.problems.push_back(std::move(problem));
  }
  read.answer[index] = std::move(typed.values);
}

AnswerFormat FormatOf(absl::string_view content) {
  if (HasNpyMagic(content)) return AnswerFormat::kNpy;
  if (LooksLikeJson(content)) return AnswerFormat::kJson;
  return HasCsvHeader(content) ? AnswerFormat::kCsv : AnswerFormat::kText;
}

}  // namespace

ReadAnswer ReadText(const Exercise& exercise, absl::string_view text) {
  TypedValues typed = ReadTypedValues(text, exercise.value_count());
  if (!typed.problems.empty()) return {.problems = std::move(typed.problems)};
  return DealOut(exercise, typed.values);
}

ReadAnswer ReadTexts(const Exercise& exercise,
                     const std::vector<std::pair<std::string, std::string>>& texts) {
  ReadAnswer read;
  read.answer.resize(exercise.questions.size());
  for (const auto& [id, text] : texts) {
    const Question* const question = FindQuestion(exercise, id);
    if (question != nullptr) {
      if (IsBlankText(text)) continue;
      ReadQuestionText(exercise, static_cast<size_t>(question - exercise.questions.data()), text,
                       read);
    } else if (read.problems.size() < kMaxReadProblems) {
      read.problems.push_back({.question = id, .reason = "the exercise has no such question"});
    }
  }
  return read;
}

ReadAnswer ReadFile(const Exercise& exercise, AnswerFormat format, absl::string_view content) {
  switch (format == AnswerFormat::kUnspecified ? FormatOf(content) : format) {
    case AnswerFormat::kJson:
      return ReadJson(exercise, content);
    case AnswerFormat::kCsv:
      return ReadCsv(exercise, content);
    case AnswerFormat::kNpy:
      return ReadNpy(exercise, content);
    default:
      return ReadText(exercise, content);
  }
}

}  // namespace cellar
