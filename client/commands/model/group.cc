#include "client/commands/commands.h"

namespace cellar {

void AddModelCommands(CLI::App& parent, Context& context) {
  CLI::App& group = context.AddCommand(parent, "model", "Create, show and delete models",
                                       "cellar model create client/examples/homework.textproto "
                                       "--id homework\n"
                                       "cellar model get homework\n"
                                       "cellar model list");
  group.require_subcommand(1);
  AddModelCreateCommand(group, context);
  AddModelUploadCommand(group, context);
  AddModelListCommand(group, context);
  AddModelGetCommand(group, context);
  AddModelDeleteCommand(group, context);
}

}  // namespace cellar
