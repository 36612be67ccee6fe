// Where the results of `cellar grade` go, and in which form.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_COMMANDS_GRADE_OUTPUT_H_
#define CELLAR_CLIENT_COMMANDS_GRADE_OUTPUT_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "client/grading/format_table.h"
#include "client/grading/report.h"

namespace cellar {

// INVALID_ARGUMENT if `count` submissions do not go into one file of the format and `path` names no
// place for several.
absl::Status CheckGradeOutput(const GradeFormat& format, const std::string& path, size_t count);

// Writes the reports: to the file at `path`; as a file each into the folder at `path`, if there are
// several and the format is about one; to `out` if `path` is empty. Every file is written whole or
// not at all. REQUIRES: CheckGradeOutput, and at least one report. INVALID_ARGUMENT with the
// system's reason.
absl::Status WriteGradeOutput(const GradeFormat& format, const std::string& path,
                              absl::Span<const Report> reports, std::ostream& out);

// The name of a submission's file in a folder, without its ending: letters, digits and a few signs
// of its id.
std::string FileNameOf(const std::string& id);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_GRADE_OUTPUT_H_
