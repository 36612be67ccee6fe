// What each grading platform reads, written from reports. One function a format, each in a file of
// its own that says what the platform makes of it; format_table.h has them by name.
//
// All of them give a valid file for every report: graded, not gradable, grader broken; and end in a
// newline. REQUIRES of those that take one report: nothing. Those that take several: at least one.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_GRADING_FORMATS_H_
#define CELLAR_CLIENT_GRADING_FORMATS_H_

#include <string>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/grading/report.h"

namespace cellar {

// Of one submission.
std::string GradescopeFile(const Report& report);
std::string PrairieLearnFile(const Report& report);
std::string EdxContainerLine(const Report& report);  // the container grader's standard output
std::string EdxReply(const Report& report);          // of an xqueue grader
std::string GithubOutput(const Report& report);      // a step output: result=BASE64
std::string CodegradeLines(const Report& report);    // for file descriptor 3
std::string CourseraFile(const Report& report);
std::string ExercismFile(const Report& report);
std::string LtiScore(const Report& report, absl::Time now);  // the body of an AGS score

// Of any number of submissions.
std::string JunitFile(absl::Span<const Report> reports, absl::Time now);
std::string TapStream(absl::Span<const Report> reports);
std::string TextReport(absl::Span<const Report> reports);
std::string JsonReport(absl::Span<const Report> reports);
std::string CsvReport(absl::Span<const Report> reports);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_FORMATS_H_
