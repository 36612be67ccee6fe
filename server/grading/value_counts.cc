#include "server/grading/value_counts.h"

#include "absl/strings/str_cat.h"

namespace cellar {
namespace {

constexpr size_t kMaxListed = 8;  // questions in a message

// "6 (6 for question 1 and 5 for question 2)".
std::string WantedText(const Exercise& exercise) {
  std::string text = absl::StrCat(exercise.value_count());
  const size_t count = exercise.questions.size();
  if (count == 1 || count > kMaxListed) return text;
  text += " (";
  for (size_t q = 0; q < count; ++q) {
    const Question& question = exercise.questions[q];
    absl::StrAppend(&text, q == 0 ? "" : ", ", question.value_count(), " for question ",
                    question.id);
  }
  return text + ")";
}

std::string FoundText(int64_t count) {
  if (count == 0) return "there are no values in the answer";
  return absl::StrCat(count == 1 ? "there is " : "there are ", ValuesText(count), " in the answer");
}

}  // namespace

std::string ValuesText(int64_t count) {
  return absl::StrCat(count, count == 1 ? " value" : " values");
}

ReadAnswer DealOut(const Exercise& exercise, const std::vector<double>& values) {
  const auto found = static_cast<int64_t>(values.size());
  if (found != exercise.value_count()) {
    return {.problems = {
                {.reason = absl::StrCat(FoundText(found), "; wanted are ", WantedText(exercise))}}};
  }
  ReadAnswer read;
  auto begin = values.begin();
  for (const Question& question : exercise.questions) {
    const auto end = begin + question.value_count();
    read.answer.emplace_back(std::vector<double>(begin, end));
    begin = end;
  }
  return read;
}

std::string WrongCount(const Question& question, int64_t found_count) {
  return absl::StrCat(FoundText(found_count), "; wanted are ", question.value_count());
}

const Question* FindQuestion(const Exercise& exercise, absl::string_view id) {
  for (const Question& question : exercise.questions) {
    if (question.id == id) return &question;
  }
  return nullptr;
}

}  // namespace cellar
