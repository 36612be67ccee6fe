// Where the results of `cellar grade` go, and in which form.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_COMMANDS_GRADE_OUTPUT_H_
#define CELLAR_CLIENT_COMMANDS_GRADE_OUTPUT_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cellar/v1/exercise.pb.h"
#include "client/grading/format_table.h"
#include "client/grading/report.h"
#include "client/grading/submission_source.h"

namespace cellar {

// What is to be graded of the SUBMISSIONs `paths`, whose results go to `path`. As FindSubmissions,
// but where one file was wanted (the format is about one submission, `path` names no folder for
// several, and the only one of `paths` has an ending and no slash behind it: answer.txt) and there
// is a folder of that name, with no file or several in it, that folder is the one submission: not
// gradable, and not bad usage, as a student may hand in anything.
absl::StatusOr<std::vector<FoundSubmission>> FindSubmissionsFor(
    const GradeFormat& format, const std::string& path, const std::vector<std::string>& paths);

// INVALID_ARGUMENT if `count` submissions do not go into one file of the format and `path` names no
// place for several, or if it names a folder for what is one file.
absl::Status CheckGradeOutput(const GradeFormat& format, const std::string& path, size_t count);

// INVALID_ARGUMENT if a file to be written is one of those that are read: `inputs` (the exercise
// and the SUBMISSIONs as they were given) or `found`. `format` is null if one file is written,
// whatever is found.
absl::Status CheckNoInputIsWritten(const GradeFormat* format, const std::string& path,
                                   const std::vector<std::string>& inputs,
                                   const std::vector<FoundSubmission>& found);

// Writes the reports: to the file at `path`; as a file each into the folder at `path`, if the
// format is about one and there are several or `path` is a folder (one that is there, or it ends in
// a slash); to `out` if `path` is empty. Every file is written whole or not at all. REQUIRES:
// CheckGradeOutput, and at least one report. INVALID_ARGUMENT with the system's reason.
absl::Status WriteGradeOutput(const GradeFormat& format, const std::string& path,
                              absl::Span<const Report> reports, std::ostream& out);

// A run that ended before every submission had its verdict.
struct FailedRun {
  std::string reason;  // for course staff
  v1::Exercise exercise = {};
  std::vector<FoundSubmission> found = {};
  std::vector<Report> reports = {};  // of the first ones of `found`
};

// Writes the reports there are and, for all other submissions, that the grader failed; for one if
// none was found. Where they do not all go to `path`, one says so for all. Nothing is written where
// a person reads it, who has the error: text without a path.
absl::Status WriteFailure(const GradeFormat& format, const std::string& path, FailedRun run,
                          std::ostream& out);

// The name of a submission's file in a folder, without its ending: letters, digits and a few signs
// of its id.
std::string FileNameOf(const std::string& id);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_GRADE_OUTPUT_H_
