// CSV for a spreadsheet or a learning management system's import: a line a submission.
#include "absl/strings/str_join.h"
#include "client/grading/formats.h"
#include "client/table.h"

namespace cellar {
namespace {

// A spreadsheet takes a cell that begins so for a formula; a quote in front makes it a text.
std::string Cell(const std::string& text) {
  const bool formula = !text.empty() && std::string("=+-@\t").find(text[0]) != std::string::npos;
  return formula ? "'" + text : text;
}

std::vector<std::string> Mistakes(const v1::Verdict& verdict) {
  std::vector<std::string> names;
  for (const v1::Diagnosis& diagnosis : verdict.diagnoses()) names.push_back(diagnosis.mistake());
  return names;
}

}  // namespace

std::string CsvReport(absl::Span<const Report> reports) {
  Table table;
  table.header = {"submission", "points", "max_points", "gradable", "problem", "mistakes"};
  for (const Report& report : reports) {
    const bool graded = report.graded();
    const std::string problem = !report.failure.empty() ? report.failure
                                : graded                ? ""
                                                        : absl::StrJoin(ProblemLines(report), "; ");
    table.rows.push_back({Cell(report.id), graded ? PointsText(report.verdict.points()) : "",
                          graded ? PointsText(report.verdict.max_points()) : "",
                          graded ? "yes" : "no", Cell(problem),
                          absl::StrJoin(Mistakes(report.verdict), " ")});
  }
  return CsvText(table);
}

}  // namespace cellar
