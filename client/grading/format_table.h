// The formats by the names that --format takes.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_GRADING_FORMAT_TABLE_H_
#define CELLAR_CLIENT_GRADING_FORMAT_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/grading/report.h"

namespace cellar {

struct GradeFormat {
  // How many submissions a file can be about.
  enum class Scope { kOne, kMany };

  const char* name;
  const char* ending;  // of a file in this format: ".json"
  const char* about;   // which platform reads it, and from where
  Scope scope;
  // The file. REQUIRES: one report, or at least one under kMany.
  std::string (*write)(absl::Span<const Report> reports);
};

// All formats, those that people use most first. (edx-customresponse is none of them: it is not
// about an answer, see edx_problem.h.)
absl::Span<const GradeFormat> GradeFormats();

// The format called `name`, or null.
const GradeFormat* FindGradeFormat(absl::string_view name);

// Their names.
std::vector<std::string> GradeFormatNames();

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_FORMAT_TABLE_H_
