// GitHub Classroom: a step output `result`, base64 of JSON, for the autograding reporter, which
// adds up `max_score` of the runners and `score` of the tests and fails the job if any runner is
// `fail` or `error`. Append it to the file that GITHUB_OUTPUT names. One test a question, so that
// the sum of the scores is the sum that was given.
//
// The reporter gets the result in an environment variable, and Linux starts no program with one
// beyond 128 KiB (execve(2): MAX_ARG_STRLEN); outputs may have 1 MB a job, counted as UTF-16
// (GitHub Docs, "Defining outputs for jobs"). GitHub's other limits do not touch it, as the
// reporter writes two notices with sums: ten annotations of a kind a step (actions/toolkit,
// docs/problem-matchers.md), 1 MiB of summary a step (GitHub Docs, "Workflow commands").
#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/grading/formats.h"
#include "client/grading/safe_text.h"
#include "client/json_writer.h"

namespace cellar {
namespace {

// In base64 a third more: under 128 KiB with the variable's name.
constexpr size_t kMaxJsonBytes = 96'000;

// Of a reason why nothing was graded; at most four bytes each.
constexpr size_t kMaxErrorCharacters = 10'000;

void WriteRunnerTest(JsonWriter& json, const std::string& name, const char* status,
                     const std::string& message, double score) {
  json.BeginObject();
  json.Key("name");
  json.String(name);
  json.Key("status");
  json.String(status);
  json.Key("message");
  json.String(message);
  json.Key("test_code");
  json.String("");
  json.Key("filename");
  json.String("");
  json.Key("line_no");
  json.Integer(0);
  json.Key("duration");
  json.Integer(0);
  json.Key("score");
  json.Number(score, kExact);
  json.EndObject();
}

// The first questions one by one, all others as one test.
void WriteQuestions(JsonWriter& json, const Report& report, size_t max_questions) {
  std::string diagnoses = DiagnosisText(report);
  const size_t count = report.questions.size();
  const size_t shown = std::min(count, max_questions);
  for (size_t i = 0; i < shown; ++i) {
    const ReportedTest& test = report.questions[i];
    std::string message = test.message;
    if (!test.passed && !diagnoses.empty()) {
      absl::StrAppend(&message, message.empty() ? "" : "\n", diagnoses);
      diagnoses.clear();
    }
    WriteRunnerTest(json, test.name, test.passed ? "pass" : "fail", message, test.points);
  }
  if (shown == count) return;
  double points = 0;
  size_t wrong_count = 0;
  for (size_t i = shown; i < count; ++i) {
    points += report.questions[i].points;
    wrong_count += report.questions[i].passed ? 0 : 1;
  }
  const std::string message = wrong_count == 0
                                  ? ""
                                  : absl::StrCat(wrong_count,
                                                 " of them are wrong; there are too many to be "
                                                 "shown one by one");
  WriteRunnerTest(json, absl::StrCat("the other ", count - shown, " questions"),
                  wrong_count == 0 ? "pass" : "fail", message, points);
}

std::string Write(const Report& report, size_t max_questions) {
  JsonWriter json(JsonWriter::Layout::kOneLine);
  json.BeginObject();
  json.Key("version");
  json.Integer(1);
  json.Key("status");
  json.String(!report.graded() ? "error" : Fraction(report) >= 1 ? "pass" : "fail");
  json.Key("max_score");
  json.Number(report.verdict.max_points(), kExact);
  json.Key("tests");
  json.BeginArray();
  if (report.graded()) {
    WriteQuestions(json, report, max_questions);
  } else {
    WriteRunnerTest(json, report.title.empty() ? "grading" : report.title, "error",
                    Shortened(OverviewText(report), kMaxErrorCharacters), 0);
  }
  json.EndArray();
  json.EndObject();
  return json.Take();
}

}  // namespace

std::string GithubOutput(const Report& report) {
  std::string json = Write(report, report.questions.size());
  for (size_t max_questions = kMaxTests; json.size() > kMaxJsonBytes; max_questions /= 2) {
    json = Write(report, max_questions);
    if (max_questions == 0) break;
  }
  return absl::StrCat("result=", absl::Base64Escape(json), "\n");
}

}  // namespace cellar
