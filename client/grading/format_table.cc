#include "client/grading/format_table.h"

#include "absl/time/clock.h"
#include "client/grading/formats.h"

namespace cellar {
namespace {

// A writer of one report as a writer of a list with one in it.
template <std::string (*kWrite)(const Report&)>
std::string WriteOne(absl::Span<const Report> reports) {
  return kWrite(reports.front());
}

std::string WriteLti(absl::Span<const Report> reports) {
  return LtiScore(reports.front(), absl::Now());
}

std::string WriteJunit(absl::Span<const Report> reports) { return JunitFile(reports, absl::Now()); }

constexpr GradeFormat::Scope kOne = GradeFormat::Scope::kOne;
constexpr GradeFormat::Scope kMany = GradeFormat::Scope::kMany;

constexpr GradeFormat kFormats[] = {
    {"text", ".txt", "for people", kMany, &TextReport},
    {"json", ".json", "the verdicts, for programs", kMany, &JsonReport},
    {"csv", ".csv", "a line a submission, for spreadsheets", kMany, &CsvReport},
    {"gradescope", ".json", "Gradescope: /autograder/results/results.json", kOne,
     &WriteOne<&GradescopeFile>},
    {"prairielearn", ".json", "PrairieLearn: /grade/results/results.json", kOne,
     &WriteOne<&PrairieLearnFile>},
    {"edx", ".json", "Open edX: the standard output of a grader container", kOne,
     &WriteOne<&EdxContainerLine>},
    {"edx-xqueue", ".json", "Open edX: the reply of an xqueue grader", kOne, &WriteOne<&EdxReply>},
    {"junit", ".xml", "JUnit XML: CodeGrade, Jenkins, GitLab", kMany, &WriteJunit},
    {"tap", ".tap", "TAP 14", kMany, &TapStream},
    {"github", ".txt", "GitHub Classroom: append it to $GITHUB_OUTPUT", kOne,
     &WriteOne<&GithubOutput>},
    {"codegrade", ".json", "CodeGrade: file descriptor 3 (>&3)", kOne, &WriteOne<&CodegradeLines>},
    {"coursera", ".json", "Coursera: the standard output, or /shared/feedback.json", kOne,
     &WriteOne<&CourseraFile>},
    {"exercism", ".json", "Exercism: results.json", kOne, &WriteOne<&ExercismFile>},
    {"lti", ".json", "LTI 1.3: the body of an AGS score", kOne, &WriteLti},
};

}  // namespace

absl::Span<const GradeFormat> GradeFormats() { return kFormats; }

const GradeFormat* FindGradeFormat(absl::string_view name) {
  for (const GradeFormat& format : kFormats) {
    if (name == format.name) return &format;
  }
  return nullptr;
}

std::vector<std::string> GradeFormatNames() {
  std::vector<std::string> names;
  for (const GradeFormat& format : kFormats) names.emplace_back(format.name);
  return names;
}

}  // namespace cellar
