#include <memory>

#include "client/commands/commands.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

absl::Status RunExerciseDelete(Context& context, const std::string& id) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::DeleteExerciseRequest request;
  request.set_name(FullName("exercises", id));
  const auto response =
      (*connection)
          ->Call((*connection)->gradings(), &v1::GradingService::Stub::DeleteExercise, request,
                 Repeat::kUnsafe);
  if (!response.ok()) return response.status();
  context.out() << "deleted " << request.name() << "\n";
  return absl::OkStatus();
}

}  // namespace

void AddExerciseDeleteCommand(CLI::App& parent, Context& context) {
  CLI::App& command =
      context.AddCommand(parent, "delete", "Delete an exercise", "cellar exercise delete homework");
  const auto name = std::make_shared<std::string>();
  command.add_option("NAME", *name, "exercises/ID, or ID alone")->type_name("")->required();
  context.OnRun(command, [&context, name] { return RunExerciseDelete(context, *name); });
}

}  // namespace cellar
