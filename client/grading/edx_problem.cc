#include "client/grading/edx_problem.h"

#include <algorithm>
#include <cmath>
#include <map>
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

const NumberFormat kExact = NumberFormat::Full(v1::PRECISION_FLOAT64);

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

// What one answer to one question is foreseen to be, and what is said to it, as HTML.
struct Foreseen {
  std::vector<double> values;
  std::string html;
};

// The answers to question `index` that have a diagnosis, each once: the first verdict's words.
std::vector<Foreseen> ForeseenOf(absl::Span<const v1::Verdict> verdicts, int index) {
  std::map<std::vector<double>, bool> seen;
  std::vector<Foreseen> foreseen;
  for (const v1::Verdict& verdict : verdicts) {
    if (!verdict.gradable() || verdict.diagnoses().empty()) continue;
    if (index >= verdict.questions_size()) continue;
    Foreseen answer;
    bool complete = true;
    for (const v1::ValueVerdict& value : verdict.questions(index).values()) {
      complete = complete && value.has_given() && std::isfinite(value.given());
      answer.values.push_back(value.given());
    }
    if (!complete || std::exchange(seen[answer.values], true)) continue;
    v1::Verdict shown = verdict;
    shown.set_feedback(v1::FEEDBACK_DIAGNOSIS);
    answer.html = absl::StrReplaceAll(XmlText(DiagnosisText(MakeReport({}, shown))), {{"\n", " "}});
    foreseen.push_back(std::move(answer));
  }
  return foreseen;
}

int LevelOf(const v1::Exercise& exercise) {
  switch (exercise.feedback()) {
    case v1::FEEDBACK_NONE:
      return 0;
    case v1::FEEDBACK_DIAGNOSIS:
      return 2;
    case v1::FEEDBACK_EXPECTED:
      return 3;
    default:
      return 1;
  }
}

// The entry of a question in the script's dictionary.
std::string PythonQuestion(const v1::Exercise& exercise, const v1::Question& question,
                           const v1::QuestionVerdict& key, const std::vector<Foreseen>& foreseen) {
  const v1::Precision precision = PrecisionOf(exercise);
  const bool rounded = IsReportedRounded(exercise, question);
  const v1::Comparison& comparison = ComparisonOf(exercise, question);
  const v1::Credit credit =
      question.credit() != v1::CREDIT_UNSPECIFIED ? question.credit() : exercise.credit();
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
  const auto entry = [](const Foreseen& answer) {
    return absl::StrCat("(", PythonList(answer.values, PythonNumber), ", ", PythonText(answer.html),
                        ")");
  };
  return absl::StrCat(
      "{\n    \"ranges\": ", PythonList(key.values(), range),
      ",\n    \"labels\": ", PythonList(key.values(), label),
      ",\n    \"expected\": ", PythonList(key.values(), expected),
      ",\n    \"all_or_nothing\": ", credit == v1::CREDIT_ALL_OR_NOTHING ? "True" : "False",
      ",\n    \"level\": ", LevelOf(exercise), ",\n    \"foreseen\": ", PythonList(foreseen, entry),
      "\n}");
}

}  // namespace

absl::StatusOr<std::string> EdxProblem(const v1::Exercise& exercise, const v1::Verdict& key,
                                       absl::Span<const v1::Verdict> foreseen) {
  const std::vector<v1::Question> questions = QuestionsOf(exercise);
  if (key.questions_size() != static_cast<int>(questions.size())) {
    return absl::InvalidArgumentError("the verdict with the key has not all questions");
  }
  std::string script = "import math\nimport re\n\nquestions = {}\n";
  std::string responses;
  const Report report = MakeReport(exercise, key);
  for (size_t i = 0; i < questions.size(); ++i) {
    const v1::QuestionVerdict& expected = key.questions(static_cast<int>(i));
    for (const v1::ValueVerdict& value : expected.values()) {
      if (!value.has_expected()) {
        return absl::InvalidArgumentError("the server did not tell the expected values");
      }
    }
    const std::string name = absl::StrCat("q", i + 1);
    absl::StrAppend(
        &script, "questions[\"", name, "\"] = ",
        PythonQuestion(exercise, questions[i], expected, ForeseenOf(foreseen, static_cast<int>(i))),
        "\n\n\ndef check_", name, "(expect, answer):\n    return grade(\"", name,
        "\", answer)\n\n");
    absl::StrAppend(&responses, "  <customresponse cfn=\"check_", name, "\">\n    <label>",
                    XmlText(report.questions[i].name), "</label>\n    <textline size=\"60\"/>\n",
                    "  </customresponse>\n");
  }
  return absl::StrCat("<problem display_name=\"", XmlAttribute(CleanLine(exercise.title())),
                      "\">\n  <script type=\"loncapa/python\">\n", script, kEdxProblemScript,
                      "  </script>\n  <p>", XmlText(exercise.description()), "</p>\n", responses,
                      "</problem>\n");
}

}  // namespace cellar
