// The commands of the interactive mode: their names, what they take, and what they are for.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_REPL_REPL_COMMAND_H_
#define CELLAR_CLIENT_REPL_REPL_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cellar {

enum class ReplVerb {
  kUndo,
  kFork,
  kSwitch,
  kReset,
  kState,
  kTable,
  kGates,
  kDigits,
  kHelp,
  kQuit,
};

struct ReplCommand {
  ReplVerb verb;
  std::string argument;  // empty: none given
};

// Whether a line is a command, and not numbers: it begins with a colon, or is a word by which
// people ask for help or leave elsewhere.
bool IsReplCommand(absl::string_view line);

// Reads ":undo 2". Fails with INVALID_ARGUMENT for an unknown command, suggesting the nearest, and
// for an argument too many.
absl::StatusOr<ReplCommand> ParseReplCommand(absl::string_view line);

// What is wrong with a line that is neither a command nor numbers but begins with a word: the
// command that was meant, if one is near. Empty if it begins as a number does.
std::string WordHint(absl::string_view line);

// All commands with a sentence each.
std::string ReplHelp();

// ":undo", ":fork"..., for completion.
std::vector<std::string> ReplCommandNames();

}  // namespace cellar

#endif  // CELLAR_CLIENT_REPL_REPL_COMMAND_H_
