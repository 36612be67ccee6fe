// JSON for programs: the exercise's title and the verdicts as proto3 JSON writes them, in which NaN
// and infinities are strings.
#include <google/protobuf/util/json_util.h>

#include "absl/strings/str_cat.h"
#include "client/grading/formats.h"
#include "client/json_writer.h"

namespace cellar {
namespace {

std::string VerdictJson(const v1::Verdict& verdict) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(verdict, &json, options);
  return status.ok() ? json : "{}";
}

}  // namespace

std::string JsonReport(absl::Span<const Report> reports) {
  std::string text =
      absl::StrCat("{\"exercise\": ", JsonString(reports.empty() ? "" : reports.front().title),
                   ", \"verdicts\": [");
  std::string failure;
  bool is_first = true;
  for (const Report& report : reports) {
    if (!report.failure.empty()) {
      failure = report.failure;
      continue;
    }
    absl::StrAppend(&text, is_first ? "\n" : ",\n", VerdictJson(report.verdict));
    is_first = false;
  }
  absl::StrAppend(&text, is_first ? "]" : "\n]");
  if (!failure.empty()) absl::StrAppend(&text, ", \"failure\": ", JsonString(failure));
  return text + "}\n";
}

}  // namespace cellar
