// GitHub Classroom: a step output `result`, base64 of JSON, for the autograding reporter, which
// adds up `max_score` of the runners and `score` of the tests and fails the job if any runner is
// `fail` or `error`. Append it to the file that GITHUB_OUTPUT names. One test a question, so that
// the sum of the scores is the sum that was given.
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/grading/formats.h"
#include "client/json_writer.h"

namespace cellar {
namespace {

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

void WriteRunnerTests(JsonWriter& json, const Report& report) {
  json.BeginArray();
  if (!report.graded()) {
    WriteRunnerTest(json, report.title.empty() ? "grading" : report.title, "error",
                    OverviewText(report), 0);
  } else {
    std::string diagnoses = DiagnosisText(report);
    for (const ReportedTest& test : report.questions) {
      std::string message = test.message;
      if (!test.passed && !diagnoses.empty()) {
        absl::StrAppend(&message, message.empty() ? "" : "\n", diagnoses);
        diagnoses.clear();
      }
      WriteRunnerTest(json, test.name, test.passed ? "pass" : "fail", message, test.points);
    }
  }
  json.EndArray();
}

}  // namespace

std::string GithubOutput(const Report& report) {
  const bool full = report.graded() && report.verdict.points() >= report.verdict.max_points();
  JsonWriter json(JsonWriter::Layout::kOneLine);
  json.BeginObject();
  json.Key("version");
  json.Integer(1);
  json.Key("status");
  json.String(!report.graded() ? "error" : full ? "pass" : "fail");
  json.Key("max_score");
  json.Number(report.verdict.max_points(), kExact);
  json.Key("tests");
  WriteRunnerTests(json, report);
  json.EndObject();
  return absl::StrCat("result=", absl::Base64Escape(json.Take()), "\n");
}

}  // namespace cellar
