// Turns a status into words for a person: one clear line, or one line and a list when the server
// refused several fields.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_ERROR_TEXT_H_
#define CELLAR_CLIENT_ERROR_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cellar {

// The text of a failure, without a final newline. `address` is the server asked, for failures to
// reach it. Of a call: the message, then (CODE / REASON) in parentheses; every violation on a line
// of its own if there are several. Of anything else: the message alone, or a line for each mistake
// (AsMistake). Control characters are
// replaced, so that a message cannot move the cursor of a terminal. REQUIRES: not OK.
std::string ErrorText(const absl::Status& status, absl::string_view address);

// The canonical name of a code, as gRPC spells it: "NOT_FOUND".
std::string CodeName(absl::StatusCode code);

// Replaces control characters by spaces.
std::string OneLine(absl::string_view text);

}  // namespace cellar

#endif  // CELLAR_CLIENT_ERROR_TEXT_H_
