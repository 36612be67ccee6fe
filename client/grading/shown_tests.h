// Which of a report's tests go into a file that a platform takes only up to a size.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_GRADING_SHOWN_TESTS_H_
#define CELLAR_CLIENT_GRADING_SHOWN_TESTS_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/types/span.h"
#include "client/grading/report.h"

namespace cellar {

struct FileLimits {
  size_t max_tests;
  size_t max_bytes;
};

struct ShownTests {
  absl::Span<const ReportedTest> tests;
  std::string left_out;  // what is not shown, a sentence; empty if nothing is
};

// The values, or, if they are none or more than `max_tests`, the questions, or the first ones of
// them. Refers to the report.
ShownTests TestsWithin(const Report& report, size_t max_tests);

// The file that `write` makes, with as many tests as the limits allow. Without any tests it must
// be short enough: other texts of a report are bounded (report.h).
std::string FileWithin(const Report& report, const FileLimits& limits,
                       const std::function<std::string(const ShownTests&)>& write);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_SHOWN_TESTS_H_
