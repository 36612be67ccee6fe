#include "client/grading/shown_tests.h"

#include "absl/strings/str_cat.h"

namespace cellar {

ShownTests TestsWithin(const Report& report, size_t max_tests) {
  const size_t value_count = report.values.size();
  if (value_count > 0 && value_count <= max_tests) return {report.values, ""};
  const size_t count = report.questions.size();
  if (count > max_tests) {
    return {
        absl::MakeConstSpan(report.questions).subspan(0, max_tests),
        absl::StrCat("Left out here, as there are too many: the values one by one, and all but ",
                     "the first ", max_tests, " of ", count,
                     " questions. The points are those of all.")};
  }
  if (value_count == 0) return {report.questions, ""};
  return {report.questions, absl::StrCat("Left out here, as there are too many: the ", value_count,
                                         " values one by one. Questions are shown.")};
}

std::string FileWithin(const Report& report, const FileLimits& limits,
                       const std::function<std::string(const ShownTests&)>& write) {
  for (size_t max_tests = limits.max_tests;; max_tests /= 2) {
    std::string file = write(TestsWithin(report, max_tests));
    if (file.size() <= limits.max_bytes || max_tests == 0) return file;
  }
}

}  // namespace cellar
