#include "server/grading/answer_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace cellar {
namespace {

// Where `index` stands among ascending `indices`; nothing: it is not there.
std::optional<int64_t> PositionOf(const std::vector<int64_t>& indices, int64_t index) {
  const auto found = std::lower_bound(indices.begin(), indices.end(), index);
  if (found == indices.end() || *found != index) return std::nullopt;
  return found - indices.begin();
}

}  // namespace

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

AnswerTable::AnswerTable(const Exercise& exercise) : exercise_(exercise) {
  for (size_t q = 0; q < exercise.questions.size(); ++q) {
    const Question& question = exercise.questions[q];
    const auto count = static_cast<size_t>(question.value_count());
    columns_.push_back({std::vector<double>(count), std::vector<bool>(count)});
    questions_[{question.sequence, question.layer, question.quantity}].push_back(q);
  }
}

void AnswerTable::Put(const AskedValue& place, double value) {
  const auto found = questions_.find({place.sequence, place.layer, place.quantity});
  if (found == questions_.end()) return;
  for (const size_t q : found->second) {
    const Question& question = exercise_.questions[q];
    const std::optional<int64_t> step = PositionOf(question.steps, place.step);
    const std::optional<int64_t> element = PositionOf(question.elements, place.element);
    if (!step.has_value() || !element.has_value()) continue;
    const auto index =
        static_cast<size_t>(*step * static_cast<int64_t>(question.elements.size()) + *element);
    Column& column = columns_[q];
    column.values[index] = value;
    if (!column.known[index]) ++column.known_count;
    column.known[index] = true;
  }
}

ReadAnswer AnswerTable::Take() const {
  ReadAnswer read;
  bool any = false;
  for (size_t q = 0; q < columns_.size(); ++q) {
    const Column& column = columns_[q];
    const Question& question = exercise_.questions[q];
    any = any || column.known_count > 0;
    read.answer.emplace_back();
    if (column.known_count == 0) continue;
    if (column.known_count == question.value_count()) {
      read.answer.back() = column.values;
    } else if (read.problems.size() < kMaxReadProblems) {
      const auto missing = std::find(column.known.begin(), column.known.end(), false);
      const AskedValue place = question.ValueAt(missing - column.known.begin());
      read.problems.push_back(
          {.question = question.id,
           .reason = absl::StrCat("step ", place.step, ", element ", place.element,
                                  " (both from 0) is missing: ", column.known_count, " of the ",
                                  question.value_count(), " values asked for are there")});
    }
  }
  if (!any) read.problems.push_back({.reason = "there is no value in it that is asked for"});
  return read;
}

}  // namespace cellar
