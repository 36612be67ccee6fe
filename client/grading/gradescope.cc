// Gradescope's /autograder/results/results.json. The file alone decides; the exit code is not read.
// It has no word for "not gradable": such an answer gets 0 and a test that says why. A test that is
// hidden hides the total from the student, so there is one only when the grader broke. How large
// a file may be is not documented; a page is made of it, so it stays under a megabyte.
#include "client/grading/formats.h"
#include "client/grading/shown_tests.h"
#include "client/json_writer.h"

namespace cellar {
namespace {

// Above this the page shows nothing readable, and tests are reported a question each.
constexpr FileLimits kLimits = {.max_tests = 500, .max_bytes = 900'000};

enum class Visibility { kVisible, kHidden };

void WriteCheck(JsonWriter& json, const char* name, bool passed, const std::string& output,
                Visibility visibility = Visibility::kVisible) {
  json.BeginObject();
  json.Key("name");
  json.String(name);
  json.Key("status");
  json.String(passed ? "passed" : "failed");
  if (!output.empty()) {
    json.Key("output");
    json.String(output);
  }
  json.Key("visibility");
  json.String(visibility == Visibility::kHidden ? "hidden" : "visible");
  json.EndObject();
}

void WriteGradescopeTest(JsonWriter& json, const ReportedTest& test) {
  json.BeginObject();
  json.Key("number");
  json.String(test.number);
  json.Key("name");
  json.String(test.name);
  json.Key("score");
  json.Number(test.points, kExact);
  json.Key("max_score");
  json.Number(test.max_points, kExact);
  json.Key("status");
  json.String(test.passed ? "passed" : "failed");
  if (!test.message.empty()) {
    json.Key("output");
    json.String(test.message);
  }
  json.Key("visibility");
  json.String("visible");
  json.EndObject();
}

void WriteGradescopeTests(JsonWriter& json, const Report& report, const ShownTests& shown) {
  json.BeginArray();
  if (!report.failure.empty()) {
    WriteCheck(json, "Autograder failed", false, kFailureText);
    WriteCheck(json, "Why the autograder failed", false, report.failure, Visibility::kHidden);
  } else {
    WriteCheck(json, "Answer could be read", report.verdict.gradable(),
               report.verdict.gradable() ? "" : OverviewText(report));
    if (report.graded()) {
      for (const ReportedTest& test : shown.tests) WriteGradescopeTest(json, test);
    }
  }
  json.EndArray();
}

double SecondsOf(const v1::Verdict& verdict) {
  return static_cast<double>(verdict.duration().seconds()) + 1e-9 * verdict.duration().nanos();
}

std::string Write(const Report& report, const ShownTests& shown) {
  JsonWriter json;
  json.BeginObject();
  json.Key("score");
  json.Number(report.graded() ? report.verdict.points() : 0, kExact);
  json.Key("execution_time");
  json.Number(SecondsOf(report.verdict), kExact);
  json.Key("output");
  json.String(OverviewText(report) + (shown.left_out.empty() ? "" : "\n\n" + shown.left_out));
  json.Key("output_format");
  json.String("text");
  json.Key("test_output_format");
  json.String("text");
  json.Key("test_name_format");
  json.String("text");
  json.Key("visibility");
  json.String("visible");
  json.Key("stdout_visibility");
  json.String("hidden");
  json.Key("tests");
  WriteGradescopeTests(json, report, shown);
  json.Key("extra_data");
  json.BeginObject();
  json.Key("gradable");
  json.Bool(report.graded());
  json.Key("parameter_digest");
  json.String(report.verdict.parameter_digest());
  json.Key("engine_version");
  json.String(report.verdict.engine_version());
  json.EndObject();
  json.EndObject();
  return json.Take();
}

}  // namespace

std::string GradescopeFile(const Report& report) {
  return FileWithin(report, kLimits,
                    [&report](const ShownTests& shown) { return Write(report, shown); });
}

}  // namespace cellar
