// What `cellar grade` leaves behind when its command line is wrong.
//
// Thread safety: a function; no shared state.
#ifndef CELLAR_CLIENT_COMMANDS_GRADE_USAGE_H_
#define CELLAR_CLIENT_COMMANDS_GRADE_USAGE_H_

#include <CLI/CLI.hpp>
#include <string>

#include "client/commands/context.h"

namespace cellar {

// Writes results that say that the grader failed, to where the arguments say, as far as they were
// understood: a platform waits for them whatever is wrong. `text` is what is wrong. Does nothing
// if `command` is not `grade`, or if it is not known in which form or where to write, or if that is
// a file to be read.
void LeaveUsageFailure(const CLI::App& command, const std::string& text, Context& context);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_GRADE_USAGE_H_
