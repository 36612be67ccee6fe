// Every command of the program. Each function adds one to `parent`; the context outlives it.
#ifndef CELLAR_CLIENT_COMMANDS_COMMANDS_H_
#define CELLAR_CLIENT_COMMANDS_COMMANDS_H_

#include <CLI/CLI.hpp>

#include "client/commands/context.h"

namespace cellar {

void AddRunCommand(CLI::App& parent, Context& context);
void AddReplCommand(CLI::App& parent, Context& context);
void AddGradeCommand(CLI::App& parent, Context& context);
void AddHealthCommand(CLI::App& parent, Context& context);
void AddVersionCommand(CLI::App& parent, Context& context);

// `cellar model ...`
void AddModelCommands(CLI::App& parent, Context& context);
void AddModelCreateCommand(CLI::App& parent, Context& context);
void AddModelUploadCommand(CLI::App& parent, Context& context);
void AddModelListCommand(CLI::App& parent, Context& context);
void AddModelGetCommand(CLI::App& parent, Context& context);
void AddModelDeleteCommand(CLI::App& parent, Context& context);

// `cellar session ...`
void AddSessionCommands(CLI::App& parent, Context& context);
void AddSessionCreateCommand(CLI::App& parent, Context& context);
void AddSessionListCommand(CLI::App& parent, Context& context);
void AddSessionGetCommand(CLI::App& parent, Context& context);
void AddSessionStepCommand(CLI::App& parent, Context& context);
void AddSessionStreamCommand(CLI::App& parent, Context& context);
void AddSessionResetCommand(CLI::App& parent, Context& context);
void AddSessionRewindCommand(CLI::App& parent, Context& context);
void AddSessionForkCommand(CLI::App& parent, Context& context);
void AddSessionExportCommand(CLI::App& parent, Context& context);
void AddSessionImportCommand(CLI::App& parent, Context& context);
void AddSessionSetCommand(CLI::App& parent, Context& context);
void AddSessionDeleteCommand(CLI::App& parent, Context& context);

// `cellar exercise ...`
void AddExerciseCommands(CLI::App& parent, Context& context);
void AddExerciseCheckCommand(CLI::App& parent, Context& context);
void AddExerciseShowCommand(CLI::App& parent, Context& context);
void AddExerciseCreateCommand(CLI::App& parent, Context& context);
void AddExerciseGetCommand(CLI::App& parent, Context& context);
void AddExerciseListCommand(CLI::App& parent, Context& context);
void AddExerciseDeleteCommand(CLI::App& parent, Context& context);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_COMMANDS_H_
