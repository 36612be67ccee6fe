// Open edX, the reply of a grader container of xqueue-watcher: one JSON object on the last line of
// the standard output. `errors` that is not empty shows ERROR to the student, whatever `correct`
// says, so answers that cannot be read go there. Exit code 0 whenever this was written.
#include "client/grading/formats.h"
#include "client/json_writer.h"

namespace cellar {
namespace {

void WriteEdxTest(JsonWriter& json, const ReportedTest& test, const std::string& diagnoses) {
  json.BeginArray();
  json.String(test.number);
  json.String(test.name + (test.message.empty() ? "" : ": " + test.message) +
              (diagnoses.empty() ? "" : "\n" + diagnoses));
  json.Bool(test.passed);
  json.String(test.expected);
  json.String(test.given);
  json.EndArray();
}

void WriteErrors(JsonWriter& json, const Report& report) {
  json.BeginArray();
  if (!report.failure.empty()) {
    json.String(kFailureText);
  } else if (!report.verdict.gradable()) {
    for (const std::string& line : ProblemLines(report)) json.String(line);
  }
  json.EndArray();
}

}  // namespace

std::string EdxContainerLine(const Report& report) {
  JsonWriter json(JsonWriter::Layout::kOneLine);
  json.BeginObject();
  json.Key("errors");
  WriteErrors(json, report);
  json.Key("tests");
  json.BeginArray();
  if (report.graded()) {
    // There is no field for more words: they stand with the first wrong test.
    std::string diagnoses = DiagnosisText(report);
    for (const ReportedTest& test : TestsOf(report, kMaxTests)) {
      WriteEdxTest(json, test, test.passed ? "" : diagnoses);
      if (!test.passed) diagnoses.clear();
    }
  }
  json.EndArray();
  json.Key("correct");
  json.Bool(report.graded() && Fraction(report) >= 1);
  json.Key("score");
  json.Number(Fraction(report), NumberFormat::Full(v1::PRECISION_FLOAT64));
  json.EndObject();
  return json.Take();
}

}  // namespace cellar
