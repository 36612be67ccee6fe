#include "server/grading/answer_table.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace cellar {
std::optional<Quantity> QuantityOfLetter(absl::string_view letter) {
  static constexpr std::pair<absl::string_view, Quantity> kLetters[] = {
      {"h", Quantity::kH},         {"c", Quantity::kC},          {"f", Quantity::kForgetGate},
      {"i", Quantity::kInputGate}, {"o", Quantity::kOutputGate}, {"z", Quantity::kUpdateGate},
      {"r", Quantity::kResetGate}, {"g", Quantity::kCandidate},
  };
  for (const auto& [name, quantity] : kLetters) {
    if (name == letter) return quantity;
  }
  return std::nullopt;
}

AnswerTable::Place AnswerTable::PlaceOf(const AskedValue& value) {
  return {value.sequence, value.layer, value.quantity, value.step, value.element};
}

AnswerTable::AnswerTable(const Exercise& exercise) : exercise_(exercise) {
  for (const Question& question : exercise.questions) {
    std::vector<size_t>& its_slots = question_slots_.emplace_back();
    for (int64_t i = 0; i < question.value_count(); ++i) {
      its_slots.push_back(
          slots_.try_emplace(PlaceOf(question.ValueAt(i)), slots_.size()).first->second);
    }
  }
  values_.resize(slots_.size());
}

void AnswerTable::Put(const AskedValue& place, double value) {
  const auto found = slots_.find(PlaceOf(place));
  if (found != slots_.end()) values_[found->second] = value;
}

ReadAnswer AnswerTable::Take() const {
  ReadAnswer read;
  bool any = false;
  for (size_t q = 0; q < question_slots_.size(); ++q) {
    const Question& question = exercise_.questions[q];
    std::vector<double> its_values;
    std::optional<int64_t> missing;
    for (const size_t slot : question_slots_[q]) {
      if (values_[slot].has_value()) {
        its_values.push_back(*values_[slot]);
      } else if (!missing.has_value()) {
        missing = static_cast<int64_t>(its_values.size());
      }
    }
    any = any || !its_values.empty();
    read.answer.emplace_back();
    if (its_values.empty()) continue;
    const auto known_count = static_cast<int64_t>(its_values.size());
    if (!missing.has_value()) {
      read.answer.back() = std::move(its_values);
    } else if (read.problems.size() < kMaxReadProblems) {
      const AskedValue place = question.ValueAt(*missing);
      read.problems.push_back(
          {.question = question.id,
           .reason = absl::StrCat("step ", place.step, ", element ", place.element,
                                  " (both from 0) is missing: ", known_count, " of the ",
                                  question.value_count(), " values asked for are there")});
    }
  }
  if (!any) read.problems.push_back({.reason = "there is no value in it that is asked for"});
  return read;
}

}  // namespace cellar
