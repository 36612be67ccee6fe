// For people: of one submission every value that is wrong and what fits; of several a line each.

#include "absl/strings/str_cat.h"
#include "client/grading/formats.h"
#include "client/grading/safe_text.h"
#include "client/table.h"

namespace cellar {
namespace {

constexpr size_t kMaxValues = 40;            // shown of one submission
constexpr size_t kMaxColumnCharacters = 60;  // of a line

// Every value if there are few, else those that are wrong, the first of them.
std::string ValueTable(const Report& report) {
  std::vector<const ReportedTest*> shown;
  const bool all = report.values.size() <= kMaxValues;
  size_t wrong_count = 0;
  for (const ReportedTest& test : report.values) {
    wrong_count += test.passed ? 0 : 1;
    if (all || (!test.passed && shown.size() < kMaxValues)) shown.push_back(&test);
  }
  if (shown.empty()) return "";
  Table table{{"", "", "GIVEN", ""}, {}, Table::Align::kLeft};
  for (const ReportedTest* test : shown) {
    const std::string given = test->given.empty() ? "-" : test->given;
    std::string wrong = test->passed ? "right" : "wrong";
    if (!test->expected.empty() && !test->passed) {
      absl::StrAppend(&wrong, ", expected ", test->expected);
    }
    table.rows.push_back({test->number, test->name, given, wrong});
  }
  std::string text = "\n" + AlignedText(table);
  if (!all && wrong_count > shown.size()) {
    absl::StrAppend(&text, "(", shown.size(), " of ", wrong_count, " wrong values)\n");
  }
  return text;
}

std::string OneText(const Report& report) {
  std::string text = report.id.empty() ? "" : report.id + ": ";
  if (!report.failure.empty())
    return absl::StrCat(text, "the grader failed: ", report.failure, "\n");
  absl::StrAppend(&text, OverviewText(report), "\n");
  if (report.graded()) text += ValueTable(report);
  return text;
}

std::string RemarkOf(const Report& report) {
  if (!report.failure.empty()) return Shortened(report.failure, kMaxColumnCharacters);
  if (!report.graded()) return Shortened(ProblemLines(report).front(), kMaxColumnCharacters);
  if (report.verdict.diagnoses().empty()) return "";
  return Shortened(report.verdict.diagnoses(0).title(), kMaxColumnCharacters);
}

}  // namespace

std::string TextReport(absl::Span<const Report> reports) {
  if (reports.size() == 1) return OneText(reports[0]);
  Table table{{"SUBMISSION", "POINTS", "OF", "GRADABLE", "REMARK"}, {}, Table::Align::kLeft};
  for (const Report& report : reports) {
    const bool graded = report.graded();
    table.rows.push_back({report.id, graded ? PointsText(report.verdict.points()) : "-",
                          graded ? PointsText(report.verdict.max_points()) : "-",
                          graded ? "yes" : "no", RemarkOf(report)});
  }
  return AlignedText(table);
}

}  // namespace cellar
