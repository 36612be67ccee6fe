// The refusals of a server in the words of the command line: the server speaks of the fields and
// enums of its API, and who typed `--rounding-scope feedback` wants to read of that.
//
// Thread safety: a function; no shared state.
#ifndef CELLAR_CLIENT_COMMANDS_FLAG_WORDS_H_
#define CELLAR_CLIENT_COMMANDS_FLAG_WORDS_H_

#include <CLI/CLI.hpp>

#include "absl/status/status.h"

namespace cellar {

// `status` with the options and arguments that were given to `command` in place of the fields that
// they set ("session.ttl" becomes "--ttl"), also where AtPlacesIn has looked for the field in a
// file: an option goes before what the file says. What is said of such a field names values as they
// are typed. All else stays as it is.
absl::Status InFlags(const CLI::App& command, const absl::Status& status);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_FLAG_WORDS_H_
