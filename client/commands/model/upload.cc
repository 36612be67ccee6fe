#include <memory>

#include "client/commands/commands.h"
#include "client/commands/model/send_model.h"
#include "client/exercise_file.h"
#include "client/message_file.h"

namespace cellar {
namespace {

struct ModelUploadOptions {
  std::string file;
  std::string id;
  bool json = false;
};

// The bytes to send: a serialized file as it is, anything else read and serialized here, so that
// errors are told by line and column.
absl::StatusOr<std::string> BytesOf(const std::string& file) {
  absl::StatusOr<std::string> contents = ReadFile(file);
  if (!contents.ok()) return contents.status();
  if (FormatOf(file, *contents) == FileFormat::kBinary) return contents;
  const absl::StatusOr<v1::Exercise> exercise = ParseExercise(*contents, file);
  if (!exercise.ok()) return exercise.status();
  return exercise->model().SerializeAsString();
}

absl::Status RunModelUpload(Context& context, const ModelUploadOptions& options) {
  const absl::StatusOr<std::string> bytes = BytesOf(options.file);
  if (!bytes.ok()) return bytes.status();
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  const auto model = UploadModel(**connection, *bytes, v1::MODEL_FORMAT_CELLAR_BINARY, options.id);
  if (!model.ok()) return model.status();
  context.out() << (options.json ? MessageJson(*model, EmptyFields::kLeftOut)
                                 : model->name() + "\n");
  return absl::OkStatus();
}

}  // namespace

void AddModelUploadCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(
      parent, "upload", "Create a model from a file of any size, in chunks, and print its name",
      "cellar model upload weights.binpb --id large");
  const auto options = std::make_shared<ModelUploadOptions>();
  command
      .add_option("FILE", options->file,
                  "A Model: serialized (.binpb), protobuf text (.textproto) or JSON (.json)")
      ->type_name("")
      ->required();
  command.add_option("--id", options->id, "Its name; made from the weights when not given")
      ->type_name("ID");
  command.add_flag("--json", options->json, "Write the model as JSON");
  context.OnRun(command, [&context, options] { return RunModelUpload(context, *options); });
}

}  // namespace cellar
