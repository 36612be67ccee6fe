#include "client/grading/foreseen_answers.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_join.h"
#include "client/number_text.h"

namespace cellar {
namespace {

// As one would type them, with every digit.
std::string Typed(const std::vector<double>& values) {
  return absl::StrJoin(values, " ", [](std::string* out, double value) {
    out->append(FormatNumber(value, NumberFormat::Full(v1::PRECISION_FLOAT64)));
  });
}

// The values given to a question; empty if there is none.
std::vector<double> GivenTo(const v1::Verdict& verdict, int question) {
  std::vector<double> values;
  if (question >= verdict.questions_size()) return values;
  for (const v1::ValueVerdict& value : verdict.questions(question).values()) {
    if (!value.has_given()) return {};
    values.push_back(value.given());
  }
  return values;
}

// Collects the answers to one question, each once and as many as there may be.
class Collector {
 public:
  Collector(std::string id, std::vector<ForeseenAnswer>& answers)
      : id_(std::move(id)), answers_(answers) {}

  void Add(const std::vector<double>& values, bool is_outcome) {
    const auto count = static_cast<int64_t>(values.size());
    if (values.empty() || number_count_ + count > kMaxForeseenNumbers) return;
    std::string text = Typed(values);
    if (!seen_.insert(text).second) return;
    number_count_ += count;
    ForeseenAnswer& answer = answers_.emplace_back();
    (*answer.submission.mutable_typed()->mutable_texts())[id_] = std::move(text);
    answer.is_outcome = is_outcome;
  }

 private:
  const std::string id_;
  std::vector<ForeseenAnswer>& answers_;
  std::set<std::string> seen_;
  int64_t number_count_ = 0;
};

}  // namespace

std::vector<ForeseenAnswer> ForeseenAnswers(const v1::Verdict& key,
                                            const v1::CheckExerciseResponse& check,
                                            absl::Span<const v1::Verdict> given) {
  std::vector<ForeseenAnswer> answers;
  int64_t first = 0;  // value of the question, in a row of all
  for (int q = 0; q < key.questions_size(); ++q) {
    Collector collector(key.questions(q).question(), answers);
    const int64_t end = first + key.questions(q).value_count();
    for (const v1::MistakeVisibility& mistake : check.mistakes()) {
      if (mistake.answer_size() < end) continue;
      collector.Add({mistake.answer().begin() + first, mistake.answer().begin() + end},
                    /*is_outcome=*/true);
    }
    for (const v1::Verdict& verdict : given) {
      collector.Add(GivenTo(verdict, q), /*is_outcome=*/false);
    }
    first = end;
  }
  return answers;
}

}  // namespace cellar
