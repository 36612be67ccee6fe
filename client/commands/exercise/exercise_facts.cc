#include "client/commands/exercise/exercise_facts.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/describe.h"
#include "client/error_text.h"
#include "client/grading/questions.h"
#include "client/number_text.h"
#include "client/table.h"

namespace cellar {
namespace {

constexpr int kMaxIndices = 12;  // shown of the steps or the elements that a question asks for

std::string NumberText(double number) {
  return FormatNumber(number, {.precision = v1::PRECISION_FLOAT64});
}

std::string CreditText(v1::Credit credit) {
  switch (credit) {
    case v1::CREDIT_ALL_OR_NOTHING:
      return "all or nothing";
    case v1::CREDIT_CARRIED:
      return "per value, also what follows from values of the student's own";
    default:
      return "per value";
  }
}

// As --feedback has it.
std::string FeedbackText(v1::Feedback feedback) {
  switch (feedback) {
    case v1::FEEDBACK_NONE:
      return "none";
    case v1::FEEDBACK_DIAGNOSIS:
      return "diagnosis";
    case v1::FEEDBACK_EXPECTED:
      return "expected";
    default:
      return "steps";
  }
}

std::string ComparisonText(const v1::Comparison& comparison) {
  std::vector<std::string> rules;
  if (comparison.has_absolute()) rules.push_back(NumberText(comparison.absolute()));
  if (comparison.has_relative()) {
    rules.push_back(absl::StrCat(NumberText(comparison.relative()), " of the expected value"));
  }
  if (comparison.has_ulps()) {
    rules.push_back(absl::StrCat(comparison.ulps(), " neighbouring numbers of the precision"));
  }
  if (!rules.empty()) rules.front().insert(0, "may be off by ");
  if (comparison.has_decimals()) {
    rules.push_back(absl::StrCat("equal in ", comparison.decimals(), " decimals"));
  }
  if (!rules.empty()) return absl::StrJoin(rules, ", or ");
  return "h that is rounded must be equal; else may be off by 0.001, or 0.001 of the expected "
         "value";
}

// "step 3", "steps 0, 2"; empty if all are meant.
template <class Indices>
std::string IndicesText(const char* what, const Indices& indices) {
  if (indices.empty()) return "";
  const int shown = std::min(indices.size(), kMaxIndices);
  return absl::StrCat(what, indices.size() == 1 ? " " : "s ",
                      absl::StrJoin(indices.begin(), indices.begin() + shown, ", "),
                      shown < indices.size() ? "..." : "");
}

// "element 1 of h of layer 1, steps 0, 2 of sequence 2".
std::string AskedText(const v1::Question& question) {
  const std::string elements = IndicesText("element", question.elements());
  const std::string steps = IndicesText("step", question.steps());
  return absl::StrCat(elements, elements.empty() ? "" : " of ", LetterOf(question.quantity()),
                      question.has_layer() ? absl::StrCat(" of layer ", question.layer() + 1) : "",
                      steps.empty() ? "" : ", ", steps, " of sequence ", question.sequence() + 1);
}

double PointsOf(const v1::Question& question) {
  return question.has_points() ? question.points() : 1;
}

// "2 points, all or nothing".
std::string RulesText(const v1::Question& question) {
  const double points = PointsOf(question);
  std::string text = absl::StrCat(NumberText(points), points == 1 ? " point" : " points");
  if (question.credit() != v1::CREDIT_UNSPECIFIED) {
    absl::StrAppend(&text, ", ", CreditText(question.credit()));
  }
  if (question.has_comparison()) {
    absl::StrAppend(&text, ", ", ComparisonText(question.comparison()));
  }
  return text;
}

}  // namespace

std::string ExerciseFacts(const v1::Exercise& exercise) {
  const std::vector<v1::Question> questions = QuestionsOf(exercise);
  double points = 0;
  for (const v1::Question& question : questions) points += PointsOf(question);
  v1::Numerics numerics = exercise.numerics();
  numerics.set_precision(PrecisionOf(exercise));

  Table table{{"name", exercise.name()}, {}, Table::Align::kLeft};
  const auto add = [&table](const std::string& name, const std::string& value) {
    table.rows.push_back({name, OneLine(value)});
  };
  add("title", exercise.title());
  add("digest", exercise.digest());
  add("created", TimeText(exercise.create_time()));
  add("numerics", NumericsText(numerics));
  add("sequences", absl::StrCat(exercise.sequences_size()));
  if (!exercise.variations().empty()) {
    add("variations", absl::StrCat(exercise.variations_size(), " fields drawn for each seed"));
  }
  add("points", NumberText(points));
  add("credit", CreditText(exercise.credit()));
  add("comparison", ComparisonText(exercise.comparison()));
  add("feedback", FeedbackText(exercise.feedback()));
  for (const v1::Question& question : questions) {
    add(absl::StrCat("question ", question.id()),
        absl::StrCat(AskedText(question), "; ", RulesText(question),
                     question.prompt().empty() ? "" : ": ", question.prompt()));
  }
  return AlignedText(table);
}

}  // namespace cellar
