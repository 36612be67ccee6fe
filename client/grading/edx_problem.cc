#include "client/grading/edx_problem.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/grading/acceptance.h"
#include "client/grading/edx_problem_script.h"
#include "client/grading/questions.h"
#include "client/grading/report.h"
#include "client/grading/safe_text.h"
#include "client/number_text.h"

namespace cellar {
namespace {

// A text as a literal of Python that has no sign which XML or HTML would take for its own: letters,
// digits and a few signs as they are, everything else as an escape of its UTF-8 characters'
// numbers.
std::string PythonText(absl::string_view text) {
  std::string literal = "u\"";
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint32_t code = length == 1 ? lead : lead & (0xffu >> (length + 1));
    for (size_t k = 1; k < length && i + k < text.size(); ++k) {
      code = (code << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3f);
    }
    i += length;
    const bool plain = absl::ascii_isalnum(lead) ||
                       absl::string_view(" .,:;()-_+=/?!*%").find(static_cast<char>(lead)) !=
                           absl::string_view::npos;
    if (plain) {
      literal += static_cast<char>(lead);
    } else {
      absl::StrAppend(&literal, "\\U", absl::Hex(code, absl::kZeroPad8));
    }
  }
  return literal + "\"";
}

std::string PythonNumber(double value) {
  if (std::isfinite(value)) return FormatNumber(value, kExact);
  return absl::StrCat("float(\"", FormatNumber(value, kExact), "\")");
}

template <class Range, class ToText>
std::string PythonList(const Range& range, const ToText& to_text) {
  return absl::StrCat(
      "[",
      absl::StrJoin(range, ", ",
                    [&](std::string* out, const auto& element) { out->append(to_text(element)); }),
      "]");
}

// What is said to an answer, as HTML.
struct Remark {
  std::vector<double> values;
  bool for_near_values = false;  // whatever the comparison takes for them, too
  std::string html;
};

// The values given to question `index`, if there are and no other question has an answer.
std::vector<double> OnlyAnswer(const v1::Verdict& verdict, int index) {
  std::vector<double> values;
  for (int q = 0; q < verdict.questions_size(); ++q) {
    for (const v1::ValueVerdict& value : verdict.questions(q).values()) {
      const bool is_given = value.has_given() && std::isfinite(value.given());
      if (is_given != (q == index)) return {};
      if (is_given) values.push_back(value.given());
    }
  }
  return values;
}

// Leaves those that give the very answer of the first, which holds for what is near it, too.
void KeepFirstAndTied(v1::Verdict& verdict) {
  const v1::Diagnosis first = verdict.diagnoses(0);
  auto& all = *verdict.mutable_diagnoses();
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&first](const v1::Diagnosis& each) {
                             const auto& tied = first.same_as();
                             return each.mistake() != first.mistake() &&
                                    std::find(tied.begin(), tied.end(), each.mistake()) ==
                                        tied.end();
                           }),
            all.end());
  if (all.size() < 2) verdict.clear_how_to_tell_apart();
}

// What is said to answers to question `index`.
std::vector<Remark> RemarksOn(absl::Span<const ForeseenAnswer> foreseen, int index) {
  std::vector<Remark> remarks;
  for (const ForeseenAnswer& answer : foreseen) {
    if (!answer.verdict.gradable() || answer.verdict.diagnoses().empty()) continue;
    Remark remark;
    remark.values = OnlyAnswer(answer.verdict, index);
    if (remark.values.empty()) continue;
    v1::Verdict shown = answer.verdict;
    shown.set_feedback(v1::FEEDBACK_DIAGNOSIS);
    const v1::Diagnosis& first = shown.diagnoses(0);
    remark.for_near_values = answer.is_outcome && first.matching_count() == first.value_count();
    if (remark.for_near_values) KeepFirstAndTied(shown);
    remark.html = absl::StrReplaceAll(XmlText(DiagnosisText(MakeReport({}, shown))), {{"\n", " "}});
    remarks.push_back(std::move(remark));
  }
  return remarks;
}

// How much the script tells, as in `level` of its questions.
constexpr int kDiagnosisLevel = 2;

v1::Credit CreditOf(const v1::Exercise& exercise, const v1::Question& question) {
  return question.credit() != v1::CREDIT_UNSPECIFIED ? question.credit() : exercise.credit();
}

int LevelOf(const v1::Exercise& exercise) {
  switch (exercise.feedback()) {
    case v1::FEEDBACK_NONE:
      return 0;
    case v1::FEEDBACK_DIAGNOSIS:
      return kDiagnosisLevel;
    case v1::FEEDBACK_EXPECTED:
      return 3;
    default:
      return 1;
  }
}

// A question as `grade` of the script takes it.
std::string PythonQuestion(const v1::Exercise& exercise, const v1::Question& question,
                           const v1::QuestionVerdict& key, const std::vector<Remark>& remarks) {
  const v1::Precision precision = PrecisionOf(exercise);
  const bool rounded = IsReportedRounded(exercise, question);
  const v1::Comparison& comparison = ComparisonOf(exercise, question);
  const auto range = [&](const v1::ValueVerdict& value) {
    const Acceptance accepted = AcceptanceOf(comparison, value.expected(), rounded, precision);
    return absl::StrCat("(", PythonNumber(accepted.low), ", ", PythonNumber(accepted.high), ")");
  };
  const auto label = [](const v1::ValueVerdict& value) {
    return PythonText(absl::StrCat("step ", value.step(), value.element() == 0 ? "" : " element ",
                                   value.element() == 0 ? "" : absl::StrCat(value.element())));
  };
  const auto expected = [&](const v1::ValueVerdict& value) {
    return PythonText(FormatNumber(value.expected(), NumberFormat::Full(precision)));
  };
  const auto entry = [&](const Remark& remark) {
    const auto triple = [&](double value) {
      const Acceptance accepted = remark.for_near_values
                                      ? AcceptanceOf(comparison, value, rounded, precision)
                                      : Acceptance{value, value};
      return absl::StrCat("(", PythonNumber(accepted.low), ", ", PythonNumber(accepted.high), ", ",
                          remark.for_near_values ? PythonNumber(value) : "None", ")");
    };
    return absl::StrCat("(", PythonList(remark.values, triple), ", ", PythonText(remark.html), ")");
  };
  return absl::StrCat("{\n    \"ranges\": ", PythonList(key.values(), range),
                      ",\n    \"labels\": ", PythonList(key.values(), label),
                      ",\n    \"expected\": ", PythonList(key.values(), expected),
                      ",\n    \"all_or_nothing\": ",
                      CreditOf(exercise, question) == v1::CREDIT_ALL_OR_NOTHING ? "True" : "False",
                      ",\n    \"level\": ", LevelOf(exercise),
                      ",\n    \"foreseen\": ", PythonList(remarks, entry), "\n}");
}

// The code of a box. It finds the script's text in the context that it runs in, and what else Open
// edX puts there (`submission`, and where the results go). The context afterwards is what a student
// can see, so nothing of the question may be in a global but a function, which does not survive.
std::string AnswerCode(const std::string& question) {
  return absl::StrCat("exec(script_code)\n\n\ndef question():\n    return ", question,
                      "\n\n\ngrade_decimals = [0]\n"
                      "correct[0], grade_decimals[0], messages[0] = "
                      "grade(question(), submission[0])\n");
}

double PointsOf(const v1::Question& question) {
  return question.has_points() ? question.points() : 1;
}

// The points of each question as whole numbers in the same proportion, as small as they can be;
// nothing if they have no common measure.
std::optional<std::vector<int64_t>> WholePoints(const std::vector<v1::Question>& questions) {
  constexpr int kMaxParts = 10'000;
  constexpr double kSlack = 1e-9;  // of a point, for decimal fractions
  for (int parts = 1; parts <= kMaxParts; ++parts) {
    std::vector<int64_t> whole;
    int64_t divisor = 0;
    for (const v1::Question& question : questions) {
      const double scaled = PointsOf(question) * parts;
      if (std::fabs(scaled - std::round(scaled)) > kSlack * parts) break;
      whole.push_back(std::llround(scaled));
      divisor = std::gcd(divisor, whole.back());
    }
    if (whole.size() != questions.size()) continue;
    for (int64_t& points : whole) points /= std::max<int64_t>(divisor, 1);
    return whole;
  }
  return std::nullopt;
}

// Why the exercise cannot be a problem of this kind; OK if it can.
absl::Status CheckCredit(const v1::Exercise& exercise, const std::vector<v1::Question>& questions) {
  for (const v1::Question& question : questions) {
    if (CreditOf(exercise, question) != v1::CREDIT_CARRIED) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "question ", CleanLine(question.id()),
        " gives credit for errors carried forward, for which a grader has to work the exercise "
        "from the student's own values; a problem that grades itself cannot. Give it "
        "CREDIT_PER_VALUE or CREDIT_ALL_OR_NOTHING, or use the container grader (--format edx)"));
  }
  return absl::OkStatus();
}

absl::Status CheckKey(const v1::Verdict& key, size_t question_count) {
  if (key.questions_size() != static_cast<int>(question_count)) {
    return absl::InvalidArgumentError("the verdict with the key has not all questions");
  }
  for (const v1::QuestionVerdict& question : key.questions()) {
    for (const v1::ValueVerdict& value : question.values()) {
      if (value.has_expected()) continue;
      return absl::InvalidArgumentError("the server did not tell the expected values");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> EdxProblem(const v1::Exercise& exercise, const v1::Verdict& key,
                                       absl::Span<const ForeseenAnswer> foreseen) {
  if (LevelOf(exercise) < kDiagnosisLevel) foreseen = {};
  const std::vector<v1::Question> questions = QuestionsOf(exercise);
  absl::Status status = CheckCredit(exercise, questions);
  if (status.ok()) status = CheckKey(key, questions.size());
  if (!status.ok()) return status;
  const std::optional<std::vector<int64_t>> points = WholePoints(questions);
  if (!points.has_value()) {
    return absl::InvalidArgumentError(
        "the points of the questions have no common measure of which one point has 10,000 parts or "
        "less; the boxes of Open edX have whole points");
  }
  std::string responses;
  double all_points = 0;
  const Report report = MakeReport(exercise, key);
  for (size_t i = 0; i < questions.size(); ++i) {
    const int index = static_cast<int>(i);
    all_points += PointsOf(questions[i]);
    absl::StrAppend(&responses, "  <customresponse>\n    <label>",
                    XmlText(report.questions[i].name),
                    "</label>\n    <textline size=\"60\" points=\"", (*points)[i],
                    "\"/>\n    <answer type=\"loncapa/python\">\n",
                    AnswerCode(PythonQuestion(exercise, questions[i], key.questions(index),
                                              RemarksOn(foreseen, index))),
                    "    </answer>\n  </customresponse>\n");
  }
  return absl::StrCat("<problem display_name=\"", XmlAttribute(CleanLine(exercise.title())),
                      "\" weight=\"", FormatNumber(all_points, kExact),
                      "\">\n  <script type=\"loncapa/python\">\n", kEdxProblemScript,
                      "  </script>\n  <p>", XmlText(exercise.description()), "</p>\n", responses,
                      "</problem>\n");
}

}  // namespace cellar
