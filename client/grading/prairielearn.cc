// PrairieLearn's /grade/results/results.json. An answer that cannot be read is `gradable: false`:
// no attempt is used and no points are lost. So is one on which the grader broke. The file may have
// 1 MB, so tests are reported a question each where there are many values, and no more of them than
// fit.
#include "client/grading/formats.h"
#include "client/grading/shown_tests.h"
#include "client/json_writer.h"

namespace cellar {
namespace {

constexpr FileLimits kLimits = {.max_tests = 500, .max_bytes = 900'000};

void WritePrairieLearnTest(JsonWriter& json, const ReportedTest& test) {
  json.BeginObject();
  json.Key("name");
  json.String(test.number + " " + test.name);
  json.Key("points");
  json.Number(test.points, kExact);
  json.Key("max_points");
  json.Number(test.max_points, kExact);
  if (!test.message.empty()) {
    json.Key("message");
    json.String(test.message);
  }
  json.EndObject();
}

void WriteUngradable(JsonWriter& json, const Report& report) {
  json.Key("gradable");
  json.Bool(false);
  json.Key("format_errors");
  json.BeginArray();
  if (report.failure.empty()) {
    for (const std::string& line : ProblemLines(report)) json.String(line);
  } else {
    json.String(kFailureText);
  }
  json.EndArray();
}

std::string Write(const Report& report, const ShownTests& shown) {
  JsonWriter json;
  json.BeginObject();
  if (!report.graded()) {
    WriteUngradable(json, report);
  } else {
    json.Key("gradable");
    json.Bool(true);
    json.Key("score");
    json.Number(Fraction(report), kExact);
    json.Key("message");
    json.String(ResultText(report));
    json.Key("output");
    json.String(OverviewText(report) + (shown.left_out.empty() ? "" : "\n\n" + shown.left_out));
    json.Key("tests");
    json.BeginArray();
    for (const ReportedTest& test : shown.tests) WritePrairieLearnTest(json, test);
    json.EndArray();
  }
  json.Key("parameter_digest");
  json.String(report.verdict.parameter_digest());
  json.Key("engine_version");
  json.String(report.verdict.engine_version());
  json.EndObject();
  return json.Take();
}

}  // namespace

std::string PrairieLearnFile(const Report& report) {
  return FileWithin(report, kLimits,
                    [&report](const ShownTests& shown) { return Write(report, shown); });
}

}  // namespace cellar
