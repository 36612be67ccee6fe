#include "client/commands/exercise/exercise_size.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "client/call_status.h"

namespace cellar {

absl::Status ToldToAuthor(const absl::Status& status) {
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
  return status;
}

}  // namespace cellar
