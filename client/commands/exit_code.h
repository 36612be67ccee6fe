// What the program's exit code tells. Also in client/README.md and in `cellar --help`.
#ifndef CELLAR_CLIENT_COMMANDS_EXIT_CODE_H_
#define CELLAR_CLIENT_COMMANDS_EXIT_CODE_H_

#include "absl/status/status.h"

namespace cellar {

enum ExitCode {
  kExitOk = 0,
  kExitNotServing = 1,   // `cellar health`: the server answers that it does not serve
  kExitUsage = 2,        // wrong arguments, a file that cannot be read or is not what it should be
  kExitRefused = 3,      // the server refused the request
  kExitUnreachable = 4,  // no server answers, or not in time
  kExitInternal = 5,     // the server or this program broke a promise; please report
};

// The code for a failure. Statuses that do not come from a call are the user's to correct.
ExitCode ExitCodeFor(const absl::Status& status);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_EXIT_CODE_H_
