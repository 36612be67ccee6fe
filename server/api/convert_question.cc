#include "server/api/convert_question.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/api/convert_enums.h"
#include "server/api/convert_tensor.h"
#include "server/api/resource_names.h"
#include "server/grading/comparison.h"

namespace cellar {
namespace {

using Indices = google::protobuf::RepeatedField<int64_t>;

constexpr size_t kMaxIdLength = 63;
constexpr int32_t kMaxDecimals = 15;
constexpr double kMaxPoints = 1e6;  // of a question; so that their sum is a number

bool IsQuestionId(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxIdLength &&
         std::all_of(id.begin(), id.end(), [](unsigned char character) {
           return absl::ascii_isalnum(character) || character == '_' || character == '.' ||
                  character == '-';
         });
}

void CheckAmount(bool given, double amount, absl::string_view path, FieldViolations& violations) {
  if (!given || (std::isfinite(amount) && amount >= 0)) return;
  violations.push_back({std::string(path), absl::StrCat("is ", FormatNumber(amount),
                                                        "; must be finite and at least 0")});
}

void CheckComparison(const v1::Comparison& message, absl::string_view path,
                     FieldViolations& violations) {
  CheckAmount(message.has_absolute(), message.absolute(), absl::StrCat(path, ".absolute"),
              violations);
  CheckAmount(message.has_relative(), message.relative(), absl::StrCat(path, ".relative"),
              violations);
  if (message.has_ulps() && message.ulps() < 0) {
    violations.push_back(
        {absl::StrCat(path, ".ulps"), absl::StrCat("is ", message.ulps(), "; must be at least 0")});
  }
  if (message.has_decimals() && (message.decimals() < 0 || message.decimals() > kMaxDecimals)) {
    violations.push_back(
        {absl::StrCat(path, ".decimals"),
         absl::StrCat("is ", message.decimals(), "; allowed are 0 to ", kMaxDecimals)});
  }
}

Comparison ReadComparison(const v1::Comparison& message) {
  Comparison comparison;
  if (message.has_absolute()) comparison.absolute = message.absolute();
  if (message.has_relative()) comparison.relative = message.relative();
  if (message.has_ulps()) comparison.ulps = message.ulps();
  if (message.has_decimals()) comparison.decimals = message.decimals();
  return comparison;
}

// Nothing: unspecified (or refused elsewhere).
std::optional<Credit> ReadCredit(v1::Credit value) {
  switch (value) {
    case v1::CREDIT_PER_VALUE:
      return Credit::kPerValue;
    case v1::CREDIT_ALL_OR_NOTHING:
      return Credit::kAllOrNothing;
    case v1::CREDIT_CARRIED:
      return Credit::kCarried;
    default:
      return std::nullopt;
  }
}

Quantity ReadQuantity(v1::Quantity value) {
  switch (value) {
    case v1::QUANTITY_C:
      return Quantity::kC;
    case v1::QUANTITY_FORGET_GATE:
      return Quantity::kForgetGate;
    case v1::QUANTITY_INPUT_GATE:
      return Quantity::kInputGate;
    case v1::QUANTITY_OUTPUT_GATE:
      return Quantity::kOutputGate;
    case v1::QUANTITY_UPDATE_GATE:
      return Quantity::kUpdateGate;
    case v1::QUANTITY_RESET_GATE:
      return Quantity::kResetGate;
    case v1::QUANTITY_CANDIDATE:
      return Quantity::kCandidate;
    default:
      return Quantity::kH;
  }
}

// Whether `value` lies in [0, count); if not, adds a violation.
bool CheckIndex(int64_t value, int64_t count, absl::string_view path, FieldViolations& violations) {
  if (value >= 0 && value < count) return true;
  violations.push_back(
      {std::string(path), absl::StrCat("is ", value, "; allowed are 0 to ", count - 1)});
  return false;
}

// The indices asked, all of [0, count) if none is written; empty after a violation.
std::vector<int64_t> ReadIndices(const Indices& written, int64_t count, absl::string_view path,
                                 FieldViolations& violations) {
  for (int i = 0; i < written.size(); ++i) {
    const std::string at = absl::StrCat(path, "[", i, "]");
    if (!CheckIndex(written[i], count, at, violations)) return {};
    if (i > 0 && written[i] <= written[i - 1]) {
      violations.push_back({at, absl::StrCat("is ", written[i], " and follows ", written[i - 1],
                                             "; must be ascending, each index once")});
      return {};
    }
  }
  if (!written.empty()) return {written.begin(), written.end()};
  std::vector<int64_t> all(static_cast<size_t>(count));
  std::iota(all.begin(), all.end(), int64_t{0});
  return all;
}

// Reads the questions of one exercise; the members are what they have in common.
class QuestionReader {
 public:
  QuestionReader(const v1::Exercise& message, const Exercise& exercise, int64_t max_values,
                 FieldViolations& violations)
      : message_(message), exercise_(exercise), values_left_(max_values), violations_(violations) {}

  // Whether more is asked than may be: no further question is read then.
  bool is_full() const { return values_left_ < 0; }

  // The question at `index` from 0, whose path is `path`.
  Question Read(const v1::Question& written, int index, const std::string& path) {
    Question question;
    question.id = written.id().empty() ? absl::StrCat(index + 1) : written.id();
    if (!ids_.insert(question.id).second) {
      violations_.push_back({path + ".id", absl::StrCat("is ", Quoted(question.id),
                                                        ", as that of another question (a question "
                                                        "without id has its number)")});
    }
    ReadPlace(written, path, question);
    question.points = written.has_points() ? written.points() : 1;
    question.comparison =
        ReadComparison(written.has_comparison() ? written.comparison() : message_.comparison());
    if (!question.comparison.has_rule()) {
      question.comparison = DefaultComparison(question.quantity, exercise_.numerics);
    }
    question.credit = ReadCredit(written.credit())
                          .value_or(ReadCredit(message_.credit()).value_or(Credit::kPerValue));
    return question;
  }

 private:
  void ReadPlace(const v1::Question& written, const std::string& path, Question& question) {
    const std::vector<CellShape>& shapes = exercise_.model->shapes();
    question.sequence = written.sequence();
    question.layer =
        written.has_layer() ? written.layer() : static_cast<int64_t>(shapes.size()) - 1;
    question.quantity = ReadQuantity(written.quantity());
    const auto sequence_count = static_cast<int64_t>(exercise_.sequences.size());
    const bool has_sequence =
        CheckIndex(question.sequence, sequence_count, path + ".sequence", violations_);
    const bool has_layer = CheckIndex(question.layer, static_cast<int64_t>(shapes.size()),
                                      path + ".layer", violations_);
    if (!has_sequence || !has_layer) return;
    const int64_t length = QuantityLength(shapes[question.layer], question.quantity);
    if (length == 0) {
      violations_.push_back(
          {path + ".quantity",
           absl::StrCat("is ", v1::Quantity_Name(written.quantity()),
                        ", which the cell of model.layers[", question.layer, "] does not have")});
      return;
    }
    const int64_t step_count = exercise_.sequences[question.sequence].step_count;
    const int64_t asked = (written.steps().empty() ? step_count : int64_t{written.steps_size()}) *
                          (written.elements().empty() ? length : int64_t{written.elements_size()});
    if (!MayAsk(asked, path)) return;
    question.steps = ReadIndices(written.steps(), step_count, path + ".steps", violations_);
    question.elements = ReadIndices(written.elements(), length, path + ".elements", violations_);
  }

  // Counts what is asked; a violation if it is too much.
  bool MayAsk(int64_t asked, const std::string& path) {
    values_left_ -= asked;
    if (values_left_ >= 0) return true;
    violations_.push_back(
        {path, absl::StrCat("asks for ", asked, " values, ", -values_left_,
                            " more than an exercise may; ask for fewer steps or elements")});
    return false;
  }

  const v1::Exercise& message_;
  const Exercise& exercise_;
  int64_t values_left_;
  std::set<std::string> ids_;
  FieldViolations& violations_;
};

}  // namespace

std::vector<Question> ReadQuestions(const v1::Exercise& message, const Exercise& exercise,
                                    int64_t max_values, absl::string_view path,
                                    FieldViolations& violations) {
  QuestionReader reader(message, exercise, max_values, violations);
  std::vector<Question> questions;
  const auto has_room = [&] { return violations.size() < kMaxViolations && !reader.is_full(); };
  for (int i = 0; i < message.questions_size() && has_room(); ++i) {
    const std::string at = absl::StrCat(path, ".questions[", i, "]");
    questions.push_back(reader.Read(message.questions(i), i, at));
  }
  if (!message.questions().empty()) return questions;
  for (size_t s = 0; s < exercise.sequences.size() && has_room(); ++s) {
    const auto index = static_cast<int>(s);
    v1::Question question;
    question.set_sequence(index);
    questions.push_back(
        reader.Read(question, index, absl::StrCat(path, ".sequences[", index, "]")));
  }
  return questions;
}

void CheckQuestionRules(const v1::Exercise& message, absl::string_view path,
                        FieldViolations& violations) {
  CheckComparison(message.comparison(), absl::StrCat(path, ".comparison"), violations);
  CheckEnum(message.credit(), absl::StrCat(path, ".credit"), violations);
  for (int i = 0; i < message.questions_size() && violations.size() < kMaxViolations; ++i) {
    const v1::Question& question = message.questions(i);
    const std::string at = absl::StrCat(path, ".questions[", i, "]");
    if (!question.id().empty() && !IsQuestionId(question.id())) {
      violations.push_back(
          {at + ".id", absl::StrCat("is ", Quoted(question.id()), "; must have 1 to ", kMaxIdLength,
                                    " characters of a-z, A-Z, 0-9, _, . and -")});
    }
    CheckEnum(question.quantity(), at + ".quantity", violations);
    CheckAmount(question.has_points(), question.points(), at + ".points", violations);
    if (std::isfinite(question.points()) && question.points() > kMaxPoints) {
      violations.push_back({at + ".points", absl::StrCat("is ", FormatNumber(question.points()),
                                                         "; must be at most ", kMaxPoints)});
    }
    CheckComparison(question.comparison(), at + ".comparison", violations);
    CheckEnum(question.credit(), at + ".credit", violations);
  }
}

Feedback ReadFeedback(v1::Feedback value, absl::string_view path, FieldViolations& violations) {
  CheckEnum(value, path, violations);
  switch (value) {
    case v1::FEEDBACK_NONE:
      return Feedback::kNone;
    case v1::FEEDBACK_DIAGNOSIS:
      return Feedback::kDiagnosis;
    case v1::FEEDBACK_EXPECTED:
      return Feedback::kExpected;
    default:
      return Feedback::kSteps;
  }
}

v1::Feedback WriteFeedback(Feedback value) {
  switch (value) {
    case Feedback::kNone:
      return v1::FEEDBACK_NONE;
    case Feedback::kSteps:
      return v1::FEEDBACK_STEPS;
    case Feedback::kDiagnosis:
      return v1::FEEDBACK_DIAGNOSIS;
    case Feedback::kExpected:
      return v1::FEEDBACK_EXPECTED;
  }
  return v1::FEEDBACK_UNSPECIFIED;
}

}  // namespace cellar
