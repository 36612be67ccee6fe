#include <memory>

#include "client/commands/commands.h"
#include "client/commands/exercise/exercise_facts.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

absl::Status RunExerciseGet(Context& context, const std::string& id, bool json) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::GetExerciseRequest request;
  request.set_name(FullName("exercises", id));
  const auto answer = (*connection)
                          ->Call((*connection)->gradings(), &v1::GradingService::Stub::GetExercise,
                                 request, Repeat::kSafe);
  if (!answer.ok()) return answer.status();
  context.out() << (json ? MessageJson(answer->exercise()) : ExerciseFacts(answer->exercise()));
  return absl::OkStatus();
}

}  // namespace

void AddExerciseGetCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(
      parent, "get", "Print what an exercise is, what it asks, and how it is graded",
      "cellar exercise get homework");
  const auto name = std::make_shared<std::string>();
  const auto json = std::make_shared<bool>(false);
  command.add_option("NAME", *name, "exercises/ID, or ID alone")->type_name("")->required();
  command.add_flag("--json", *json, "Print all of it as JSON");
  context.OnRun(command, [&context, name, json] { return RunExerciseGet(context, *name, *json); });
}

}  // namespace cellar
