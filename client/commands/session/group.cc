#include "client/commands/commands.h"

namespace cellar {

void AddSessionCommands(CLI::App& parent, Context& context) {
  CLI::App& group = context.AddCommand(
      parent, "session", "Create, step, fork, export... sessions",
      "cellar session create --file client/examples/homework.textproto --id mine\n"
      "cellar session step mine 0 0 1\n"
      "cellar session fork mine --id other\n"
      "cellar session delete mine");
  group.require_subcommand(1);
  AddSessionCreateCommand(group, context);
  AddSessionListCommand(group, context);
  AddSessionGetCommand(group, context);
  AddSessionStepCommand(group, context);
  AddSessionStreamCommand(group, context);
  AddSessionResetCommand(group, context);
  AddSessionRewindCommand(group, context);
  AddSessionForkCommand(group, context);
  AddSessionExportCommand(group, context);
  AddSessionImportCommand(group, context);
  AddSessionSetCommand(group, context);
  AddSessionDeleteCommand(group, context);
}

}  // namespace cellar
