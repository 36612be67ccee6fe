// The whole program behind main, so that tests can run it.
#ifndef CELLAR_CLIENT_COMMANDS_PROGRAM_H_
#define CELLAR_CLIENT_COMMANDS_PROGRAM_H_

#include <ostream>
#include <string>
#include <vector>

#include "client/local_server.h"

namespace cellar {

// Runs the command line `arguments` (without the program's name), writes results to `out` and
// errors to `err`, and returns the exit code. `start_local` starts a server inside this process for
// commands that need no other; empty: they need one. `build` is what --version prints; empty: name
// and version.
int RunProgram(std::vector<std::string> arguments, std::ostream& out, std::ostream& err,
               LocalServerFactory start_local = {}, const std::string& build = "");

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_PROGRAM_H_
