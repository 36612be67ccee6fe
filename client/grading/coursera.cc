// Coursera: one JSON object, alone on the standard output or in /shared/feedback.json.
#include "client/grading/formats.h"
#include "client/json_writer.h"

namespace cellar {

std::string CourseraFile(const Report& report) {
  JsonWriter json(JsonWriter::Layout::kOneLine);
  json.BeginObject();
  json.Key("fractionalScore");
  json.Number(Fraction(report), NumberFormat::Full(v1::PRECISION_FLOAT64));
  json.Key("feedback");
  json.String(OverviewText(report));
  json.EndObject();
  return json.Take();
}

}  // namespace cellar
