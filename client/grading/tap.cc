// TAP 14. One submission: a point a value, with what was given and expected in a YAML block.
// Several: a subtest each. What cannot be graded is one failing point; a grader that broke bails
// out.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/grading/formats.h"
#include "client/grading/safe_text.h"
#include "client/json_writer.h"

namespace cellar {
namespace {

// A JSON string is a YAML string; so no text can end the block.
void AddYaml(std::string& block, const char* key, const std::string& value) {
  if (!value.empty()) absl::StrAppend(&block, "  ", key, ": ", JsonString(value), "\n");
}

std::string Point(size_t number, const std::string& name, bool passed, const std::string& yaml) {
  return absl::StrCat(passed ? "ok " : "not ok ", number, " - ", TapText(name), "\n",
                      yaml.empty() ? "" : absl::StrCat("  ---\n", yaml, "  ...\n"));
}

std::string ValuePoint(size_t number, const ReportedTest& test, const std::string& diagnoses) {
  std::string yaml;
  if (!test.passed) {
    AddYaml(yaml, "message", test.message.empty() ? "wrong" : test.message);
    AddYaml(yaml, "severity", "fail");
    AddYaml(yaml, "diagnosis", diagnoses);
  }
  AddYaml(yaml, "found", test.given);
  AddYaml(yaml, "wanted", test.expected);
  return Point(number, absl::StrCat(test.number, " ", test.name), test.passed, yaml);
}

// Plan and points of one submission.
std::string Points(const Report& report) {
  if (!report.verdict.gradable()) {
    std::string yaml;
    AddYaml(yaml, "message", OverviewText(report));
    AddYaml(yaml, "severity", "error");
    return "1..1\n" + Point(1, "the answer can be graded", false, yaml);
  }
  const std::vector<ReportedTest>& tests = report.values.empty() ? report.questions : report.values;
  if (tests.empty()) return "1..0 # nothing was asked\n";
  std::string text = absl::StrCat("1..", tests.size(), "\n");
  std::string diagnoses = DiagnosisText(report);
  for (size_t i = 0; i < tests.size(); ++i) {
    text += ValuePoint(i + 1, tests[i], tests[i].passed ? "" : diagnoses);
    if (!tests[i].passed) diagnoses.clear();
  }
  return text;
}

std::string Indented(const std::string& text) {
  std::string indented = absl::StrCat("    ", absl::StrReplaceAll(text, {{"\n", "\n    "}}));
  indented.resize(indented.size() - 4);
  return indented;
}

}  // namespace

std::string TapStream(absl::Span<const Report> reports) {
  std::string text = "TAP version 14\n";
  for (const Report& report : reports) {
    // Nothing may follow a bail-out.
    if (!report.failure.empty())
      return absl::StrCat(text, "Bail out! ", CleanLine(kFailureText), "\n");
  }
  if (reports.size() == 1) return text + Points(reports[0]);
  absl::StrAppend(&text, "1..", reports.size(), "\n");
  for (size_t i = 0; i < reports.size(); ++i) {
    absl::StrAppend(&text, "# Subtest: ", TapText(reports[i].id), "\n",
                    Indented(Points(reports[i])),
                    Point(i + 1, reports[i].id, Fraction(reports[i]) >= 1, ""));
  }
  return text;
}

}  // namespace cellar
