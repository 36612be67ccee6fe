// Open edX, the reply of an xqueue grader (coderesponse): `correct`, `score` and `msg`, all three.
// The message must parse as one XML element, with no names that only HTML knows.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/grading/formats.h"
#include "client/grading/safe_text.h"
#include "client/json_writer.h"

namespace cellar {

std::string EdxReply(const Report& report) {
  const std::string html = absl::StrCat(
      "<div class=\"cellar\"><p>",
      absl::StrReplaceAll(XmlText(OverviewText(report)), {{"\n\n", "</p><p>"}, {"\n", "<br/>"}}),
      "</p></div>");
  JsonWriter json(JsonWriter::Layout::kOneLine);
  json.BeginObject();
  json.Key("correct");
  json.Bool(report.graded() && Fraction(report) >= 1);
  json.Key("score");
  json.Number(Fraction(report), NumberFormat::Full(v1::PRECISION_FLOAT64));
  json.Key("msg");
  json.String(html);
  json.EndObject();
  return json.Take();
}

}  // namespace cellar
