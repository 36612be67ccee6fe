#include "client/grading/questions.h"

#include "absl/strings/str_cat.h"

namespace cellar {

std::vector<v1::Question> QuestionsOf(const v1::Exercise& exercise) {
  std::vector<v1::Question> questions(exercise.questions().begin(), exercise.questions().end());
  if (questions.empty()) {
    questions.resize(static_cast<size_t>(exercise.sequences_size()));
    for (size_t i = 0; i < questions.size(); ++i) {
      questions[i].set_sequence(static_cast<int32_t>(i));
    }
  }
  for (size_t i = 0; i < questions.size(); ++i) {
    if (questions[i].id().empty()) questions[i].set_id(absl::StrCat(i + 1));
  }
  return questions;
}

std::string LetterOf(v1::Quantity quantity) {
  switch (quantity) {
    case v1::QUANTITY_C:
      return "c";
    case v1::QUANTITY_FORGET_GATE:
      return "f";
    case v1::QUANTITY_INPUT_GATE:
      return "i";
    case v1::QUANTITY_OUTPUT_GATE:
      return "o";
    case v1::QUANTITY_UPDATE_GATE:
      return "z";
    case v1::QUANTITY_RESET_GATE:
      return "r";
    case v1::QUANTITY_CANDIDATE:
      return "g";
    default:
      return "h";
  }
}

v1::Precision PrecisionOf(const v1::Exercise& exercise) {
  v1::Precision precision = exercise.numerics().precision();
  if (precision == v1::PRECISION_UNSPECIFIED) precision = exercise.model().precision();
  return precision == v1::PRECISION_FLOAT64 ? precision : v1::PRECISION_FLOAT32;
}

}  // namespace cellar
