// What to say about arguments that a program does not know.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_SERVER_UNKNOWN_FLAG_H_
#define CELLAR_SERVER_UNKNOWN_FLAG_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/string_view.h"

namespace cellar {

// The flag that `word` was meant to be, both without their dashes: one that goes by another name in
// other servers (`port`); the only one that begins with it, or with which it begins; or the one
// that differs in the fewest letters, at most a third of the word's. Empty if none is near.
std::string NearestFlag(absl::string_view word, const std::vector<std::string>& flags);

// "there is no flag `--max-session` (did you mean `--max-sessions`?)", of a word with dashes or, as
// it stands in a file, without.
std::string UnknownFlagText(const CLI::App& app, const std::string& word);

// The same of all flags on the command line that `app` does not know, a line each; if there are
// none, of the first argument too many. Empty if it knows everything.
std::string UnexpectedArgumentsText(const CLI::App& app);

// A word of somebody's as it can be shown: what is not printable ASCII is escaped, "\x1b".
std::string Printable(absl::string_view word);

}  // namespace cellar

#endif  // CELLAR_SERVER_UNKNOWN_FLAG_H_
