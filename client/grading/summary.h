// What many verdicts have in common, in a few lines for the course staff.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_GRADING_SUMMARY_H_
#define CELLAR_CLIENT_GRADING_SUMMARY_H_

#include <string>

#include "absl/types/span.h"
#include "client/grading/report.h"

namespace cellar {

// How many were graded, their points, and which mistakes came first how often.
std::string SummaryText(absl::Span<const Report> reports);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_SUMMARY_H_
