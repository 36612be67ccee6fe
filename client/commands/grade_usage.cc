#include "client/commands/grade_usage.h"

#include <utility>
#include <vector>

#include "client/commands/grade_output.h"
#include "client/grading/format_table.h"
#include "client/grading/submission_source.h"

namespace cellar {
namespace {

// What was given for an option, whether or not it would have been taken.
std::string Given(const CLI::App& command, const char* option) {
  const CLI::Option* const found = command.get_option_no_throw(option);
  return found == nullptr || found->empty() ? "" : found->results().back();
}

}  // namespace

void LeaveUsageFailure(const CLI::App& command, const std::string& text, Context& context) {
  if (command.get_name() != "grade") return;
  const std::string name = Given(command, "--format");
  const GradeFormat* const format = FindGradeFormat(name.empty() ? "text" : name);
  if (format == nullptr) return;
  const std::string out = Given(command, "--out");
  const std::vector<std::string> paths = command.get_option("SUBMISSION")->results();
  std::vector<std::string> inputs = paths;
  inputs.push_back(Given(command, "EXERCISE"));
  FailedRun run{text};
  auto found = FindSubmissionsFor(*format, out, paths);
  if (found.ok()) run.found = *std::move(found);
  if (!CheckNoInputIsWritten(format, out, inputs, run.found).ok()) return;
  const absl::Status written = WriteFailure(*format, out, std::move(run), context.out());
  if (!written.ok()) context.PrintError(written);
}

}  // namespace cellar
