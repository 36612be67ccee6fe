// JUnit XML in the profile that CodeGrade's strict reader takes, and Jenkins, GitLab and others as
// well: suites hold nothing but test cases, and the counts equal the elements. A wrong value is a
// failure, an answer that could not be graded an error. Each case tells its share as `weight`.
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/grading/formats.h"
#include "client/grading/safe_text.h"

namespace cellar {
namespace {

struct Counts {
  size_t tests = 0;
  size_t failures = 0;
  size_t errors = 0;
};

std::string CountsText(const Counts& counts) {
  return absl::StrCat(" tests=\"", counts.tests, "\" failures=\"", counts.failures, "\" errors=\"",
                      counts.errors, "\" skipped=\"0\"");
}

std::string CaseStart(const std::string& name, const std::string& class_name) {
  return absl::StrCat("    <testcase name=\"", XmlAttribute(name), "\" classname=\"",
                      XmlAttribute(class_name), "\" time=\"0\"");
}

std::string Problem(const char* element, const std::string& message, const std::string& type,
                    const std::string& text) {
  return absl::StrCat(">\n      <", element, " message=\"", XmlAttribute(message), "\" type=\"",
                      type, "\">", XmlText(text), "</", element, ">\n    </testcase>\n");
}

std::string ErrorCase(const Report& report, const std::string& class_name) {
  const bool broke = !report.failure.empty();
  return CaseStart("the answer can be graded", class_name) +
         Problem("error", broke ? "the grader failed" : "not gradable",
                 broke ? "GraderFailed" : "NotGradable", OverviewText(report));
}

std::string ValueCase(const ReportedTest& test, const std::string& class_name,
                      const std::string& diagnoses) {
  std::string text = CaseStart(absl::StrCat(test.number, " ", test.name), class_name);
  absl::StrAppendFormat(&text, " weight=\"%.6g\"", test.max_points);
  if (test.passed) return text + "/>\n";
  const std::string message = test.message.empty() ? "wrong" : test.message;
  return text + Problem("failure", message, "WrongAnswer",
                        diagnoses.empty() ? message : absl::StrCat(message, "\n\n", diagnoses));
}

// Whether the shares of what passed add up to the points that were given.
bool AddsUp(const std::vector<ReportedTest>& tests, const v1::Verdict& verdict) {
  double passed = 0;
  for (const ReportedTest& test : tests) passed += test.passed ? test.max_points : 0;
  return std::fabs(passed - verdict.points()) <= 1e-9 * verdict.max_points();
}

// One case a value, where readers of the shares come to the same points; else one a question.
const std::vector<ReportedTest>& CasesOf(const Report& report) {
  return report.values.empty() || !AddsUp(report.values, report.verdict) ? report.questions
                                                                         : report.values;
}

std::string Cases(const Report& report, Counts& counts) {
  const std::string class_name = report.title.empty() ? "cellar" : report.title;
  if (!report.graded()) {
    counts = {1, 0, 1};
    return ErrorCase(report, class_name);
  }
  std::string diagnoses = DiagnosisText(report);
  std::string text;
  for (const ReportedTest& test : CasesOf(report)) {
    ++counts.tests;
    text += ValueCase(test, class_name, diagnoses);
    if (test.passed) continue;
    ++counts.failures;
    diagnoses.clear();  // said once
  }
  return text;
}

}  // namespace

std::string JunitFile(absl::Span<const Report> reports, absl::Time now) {
  const std::string timestamp = absl::FormatTime("%Y-%m-%dT%H:%M:%S", now, absl::UTCTimeZone());
  Counts all;
  std::string suites;
  for (const Report& report : reports) {
    Counts counts;
    const std::string cases = Cases(report, counts);
    const double seconds = static_cast<double>(report.verdict.duration().seconds()) +
                           1e-9 * report.verdict.duration().nanos();
    absl::StrAppend(&suites, "  <testsuite name=\"",
                    XmlAttribute(report.id.empty() ? "submission" : report.id), "\"",
                    CountsText(counts), absl::StrFormat(" time=\"%.6f\"", seconds), " timestamp=\"",
                    timestamp, "\">\n", cases, "  </testsuite>\n");
    all.tests += counts.tests;
    all.failures += counts.failures;
    all.errors += counts.errors;
  }
  const std::string title = reports.empty() ? "" : reports.front().title;
  return absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"",
                      XmlAttribute(title.empty() ? "cellar" : title), "\"", CountsText(all),
                      " time=\"0\">\n", suites, "</testsuites>\n");
}

}  // namespace cellar
