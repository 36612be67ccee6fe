#include <memory>

#include "client/commands/commands.h"
#include "client/commands/model/send_model.h"
#include "client/exercise_file.h"
#include "client/file_places.h"

namespace cellar {
namespace {

struct ModelCreateOptions {
  std::string file;
  std::string id;
  bool json = false;
};

absl::Status RunModelCreate(Context& context, const ModelCreateOptions& options) {
  absl::StatusOr<v1::Exercise> exercise = LoadExercise(options.file);
  if (!exercise.ok()) return exercise.status();
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  const auto model = CreateModel(**connection, std::move(*exercise->mutable_model()), options.id);
  if (!model.ok()) return AtPlacesIn(options.file, model.status());
  if (exercise->has_numerics() && !options.json) {
    context.err() << "note: the file's numerics are no part of a model; give them to `session "
                     "create`, or use its "
                     "--file\n";
  }
  context.out() << (options.json ? MessageJson(*model, EmptyFields::kLeftOut)
                                 : model->name() + "\n");
  return absl::OkStatus();
}

}  // namespace

void AddModelCreateCommand(CLI::App& parent, Context& context) {
  CLI::App& command =
      context.AddCommand(parent, "create", "Create a model from a file and print its name",
                         "cellar model create client/examples/homework.textproto --id homework");
  const auto options = std::make_shared<ModelCreateOptions>();
  command.add_option("FILE", options->file, "A Model, or an Exercise whose model is meant")
      ->type_name("")
      ->required();
  command.add_option("--id", options->id, "Its name; made from the weights when not given")
      ->type_name("ID");
  command.add_flag("--json", options->json, "Write the model as JSON");
  context.OnRun(command, [&context, options] { return RunModelCreate(context, *options); });
}

}  // namespace cellar
