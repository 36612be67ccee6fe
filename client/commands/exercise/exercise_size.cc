#include "client/commands/exercise/exercise_size.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/call_status.h"
#include "client/file_places.h"

namespace cellar {
namespace {

constexpr char kInline[] = "inline_exercise";

// Whether all that was refused is a part of the exercise that was sent along.
bool IsMistakeInFile(const absl::Status& status) {
  const std::vector<RefusedField> fields = GetCallError(status).fields;
  return absl::IsInvalidArgument(status) && !fields.empty() &&
         std::all_of(fields.begin(), fields.end(), [](const RefusedField& field) {
           return field.field == kInline ||
                  absl::StartsWith(field.field, absl::StrCat(kInline, "."));
         });
}

// Its fields as they are in the file; in JSON without line and column.
absl::Status Placed(const absl::Status& status, const std::string& file) {
  const absl::Status placed = AtPlacesIn(file, status);
  std::vector<RefusedField> fields = GetCallError(placed).fields;
  for (RefusedField& field : fields) {
    absl::string_view path = field.field;
    if (!absl::ConsumePrefix(&path, kInline)) continue;
    absl::ConsumePrefix(&path, ".");
    field.field = path.empty() ? file : absl::StrCat(file, ": ", path);
  }
  return WithFields(placed, fields);
}

}  // namespace

absl::Status ToldToAuthor(const absl::Status& status, const std::string& file) {
  const CallError error = GetCallError(status);
  const auto told = [&](const char* key) {
    const auto found = error.metadata.find(key);
    return found == error.metadata.end() ? std::string("?") : found->second;
  };
  if (error.reason == "STEP_COUNT_LIMIT") {
    return absl::InvalidArgumentError(absl::StrCat(
        "the exercise has ", told("steps"), " steps; with this model and these questions at most ",
        told("limit"), " are possible: shorten the sequences, or use a smaller model"));
  }
  if (error.reason == "MODEL_SIZE_LIMIT") {
    return absl::InvalidArgumentError(
        absl::StrCat("the exercise's model is too large: ", told("field"), " is ", told("value"),
                     "; at most ", told("limit"), " are possible"));
  }
  return IsMistakeInFile(status) ? AsMistake(Placed(status, file)) : status;
}

}  // namespace cellar
