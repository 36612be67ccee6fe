// The command line of `cellar grade`.
#ifndef CELLAR_CLIENT_COMMANDS_GRADE_FLAGS_H_
#define CELLAR_CLIENT_COMMANDS_GRADE_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cellar/v1/exercise.pb.h"
#include "client/grading/submission_source.h"

namespace cellar {

struct GradeFlags {
  std::string exercise;
  std::vector<std::string> submissions;
  std::string target;
  std::string format = "text";
  std::string out;
  double fail_under = 0;
  std::string feedback;
  std::string answer_format;
  std::string id;
  SubmissionOptions reading;
};

// The format that is no format of verdicts: a problem that grades itself.
extern const char kEdxProblemFormat[];

// Adds all options.
void AddGradeFlags(CLI::App& command, GradeFlags& flags);

// The level asked for; unspecified: the exercise's.
v1::Feedback FeedbackOf(const GradeFlags& flags);

// INVALID_ARGUMENT if the exercise differs from seed to seed and the flags give none to draw from:
// the numbers as they are written are nobody's.
absl::Status CheckSeeds(const v1::Exercise& exercise, const GradeFlags& flags);

// How answers are read, but for the ids of the questions.
SubmissionOptions ReadingOf(const GradeFlags& flags);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_GRADE_FLAGS_H_
