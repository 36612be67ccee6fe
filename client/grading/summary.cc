#include "client/grading/summary.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/table.h"

namespace cellar {
namespace {

constexpr size_t kMaxMistakes = 10;  // shown

// The likeliest mistake of each answer, by how often it came.
std::vector<std::pair<std::string, size_t>> Mistakes(absl::Span<const Report> reports) {
  std::map<std::string, size_t> counts;
  for (const Report& report : reports) {
    if (!report.graded() || report.verdict.diagnoses().empty()) continue;
    const v1::Diagnosis& first = report.verdict.diagnoses(0);
    ++counts[first.title().empty() ? first.mistake() : first.title()];
  }
  std::vector<std::pair<std::string, size_t>> mistakes(counts.begin(), counts.end());
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return mistakes;
}

}  // namespace

std::string SummaryText(absl::Span<const Report> reports) {
  size_t graded = 0;
  size_t full = 0;
  size_t none = 0;
  double points = 0;
  double max_points = 0;
  for (const Report& report : reports) {
    if (!report.graded()) continue;
    ++graded;
    full += Fraction(report) >= 1 ? 1 : 0;
    none += Fraction(report) <= 0 ? 1 : 0;
    points += report.verdict.points();
    max_points = std::max(max_points, report.verdict.max_points());
  }
  std::string text = absl::StrCat(reports.size(), " submissions: ", graded, " graded, ",
                                  reports.size() - graded, " not gradable\n");
  if (graded > 0) {
    absl::StrAppend(&text, "points: ", PointsText(points / static_cast<double>(graded)), " of ",
                    PointsText(max_points), " on average; ", full, " have all of them, ", none,
                    " none\n");
  }
  const auto mistakes = Mistakes(reports);
  if (mistakes.empty()) return text;
  Table table{{"LIKELIEST MISTAKE", "SUBMISSIONS"}, {}, Table::Align::kLeft};
  for (size_t i = 0; i < std::min(mistakes.size(), kMaxMistakes); ++i) {
    table.rows.push_back({mistakes[i].first, absl::StrCat(mistakes[i].second)});
  }
  return absl::StrCat(text, "\n", AlignedText(table));
}

}  // namespace cellar
