// LTI Assignment and Grade Services 2.0: the body of a score, to POST to {line item}/scores as
// application/vnd.ims.lis.v1.score+json. `userId` is the submission's id. What could not be graded
// is `Failed` and carries no score. A maximum is more than 0: an exercise without points has one.
#include "client/grading/formats.h"
#include "client/json_writer.h"

namespace cellar {

std::string LtiScore(const Report& report, absl::Time now) {
  const NumberFormat exact = NumberFormat::Full(v1::PRECISION_FLOAT64);
  JsonWriter json;
  json.BeginObject();
  json.Key("userId");
  json.String(report.id);
  json.Key("activityProgress");
  json.String("Submitted");
  json.Key("gradingProgress");
  json.String(report.graded() ? "FullyGraded" : "Failed");
  json.Key("timestamp");
  json.String(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", now, absl::UTCTimeZone()));
  if (report.graded()) {
    const bool has_points = report.verdict.max_points() > 0;
    json.Key("scoreGiven");
    json.Number(has_points ? report.verdict.points() : Fraction(report), exact);
    json.Key("scoreMaximum");
    json.Number(has_points ? report.verdict.max_points() : 1, exact);
  }
  json.Key("comment");
  json.String(OverviewText(report));
  json.EndObject();
  return json.Take();
}

}  // namespace cellar
