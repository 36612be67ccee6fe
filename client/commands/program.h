// The whole program behind main, so that tests can run it.
#ifndef CELLAR_CLIENT_COMMANDS_PROGRAM_H_
#define CELLAR_CLIENT_COMMANDS_PROGRAM_H_

#include <ostream>
#include <string>
#include <vector>

namespace cellar {

// Runs the command line `arguments` (without the program's name), writes results to `out` and
// errors to `err`, and returns the exit code.
int RunProgram(std::vector<std::string> arguments, std::ostream& out, std::ostream& err);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_PROGRAM_H_
