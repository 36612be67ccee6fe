#include "client/commands/commands.h"

namespace cellar {

void AddExerciseCommands(CLI::App& parent, Context& context) {
  CLI::App& group = context.AddCommand(
      parent, "exercise", "Check, show and keep exercises",
      "cellar exercise check client/examples/grading/homework.textproto\n"
      "cellar exercise show client/examples/grading/varied.textproto --seed alice\n"
      "cellar exercise create client/examples/grading/homework.textproto --id homework\n"
      "cellar exercise get homework");
  group.require_subcommand(1);
  AddExerciseCheckCommand(group, context);
  AddExerciseShowCommand(group, context);
  AddExerciseCreateCommand(group, context);
  AddExerciseGetCommand(group, context);
  AddExerciseListCommand(group, context);
  AddExerciseDeleteCommand(group, context);
}

}  // namespace cellar
