#include <memory>

#include "client/commands/commands.h"
#include "client/exercise_file.h"
#include "client/file_places.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

constexpr char kExerciseCreateExample[] =
    "cellar exercise create client/examples/grading/homework.textproto --id homework";

struct ExerciseCreateOptions {
  std::string file;
  std::string id;
  bool json = false;
};

absl::Status RunExerciseCreate(Context& context, const ExerciseCreateOptions& options) {
  absl::StatusOr<v1::Exercise> exercise = LoadExercise(options.file);
  if (!exercise.ok()) return exercise.status();
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::CreateExerciseRequest request;
  *request.mutable_exercise() = *std::move(exercise);
  request.set_exercise_id(BareId("exercises", options.id));
  // The id is chosen, or made from the exercise: the same again is answered with what is there.
  const auto answer = (*connection)
                          ->Call((*connection)->gradings(),
                                 &v1::GradingService::Stub::CreateExercise, request, Repeat::kSafe);
  if (!answer.ok()) return AtPlacesIn(options.file, answer.status());
  context.out() << (options.json ? MessageJson(answer->exercise())
                                 : answer->exercise().name() + "\n");
  return absl::OkStatus();
}

}  // namespace

void AddExerciseCreateCommand(CLI::App& parent, Context& context) {
  CLI::App& command =
      context.AddCommand(parent, "create", "Keep an exercise on the server and print its name",
                         kExerciseCreateExample);
  const auto options = std::make_shared<ExerciseCreateOptions>();
  command.add_option("FILE", options->file, "An Exercise as protobuf text or JSON")
      ->type_name("")
      ->required();
  command.add_option("--id", options->id, "The id to have; made from the exercise otherwise")
      ->type_name("ID");
  command.add_flag("--json", options->json, "Print all of it as JSON");
  context.OnRun(command, [&context, options] { return RunExerciseCreate(context, *options); });
}

}  // namespace cellar
