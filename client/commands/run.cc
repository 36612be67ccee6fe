#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/number_flags.h"
#include "client/commands/numerics_flags.h"
#include "client/commands/run_output.h"
#include "client/describe.h"
#include "client/evaluation_client.h"
#include "client/exercise_file.h"
#include "client/file_places.h"
#include "client/tensor.h"

namespace cellar {
namespace {

constexpr char kRunExample[] =
    "cellar run --in-process client/examples/homework.textproto\n"
    "cellar run client/examples/homework.textproto --rounding nearest --inputs \"1 0 1 1\"\n"
    "cellar run client/examples/gru.textproto --csv > gru.csv";

struct RunOptions {
  std::string file;
  std::vector<std::string> inputs;
  NumericsFlags numerics;
  NumberFlags numbers;
};

// Puts the sequences of --inputs in the place of the file's.
absl::Status ReplaceInputs(const std::vector<std::string>& inputs, v1::Exercise& exercise) {
  if (inputs.empty()) return absl::OkStatus();
  exercise.clear_sequences();
  for (const std::string& text : inputs) {
    const absl::StatusOr<std::vector<double>> numbers =
        ParseNumbers(text, InputSize(exercise.model()));
    if (!numbers.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("--inputs: ", numbers.status().message()));
    }
    if (numbers->empty()) {
      return absl::InvalidArgumentError("--inputs: there is no number in it; write \"0 0 1\"");
    }
    *exercise.add_sequences()->mutable_inputs() = MakeTensor(*numbers);
  }
  return absl::OkStatus();
}

absl::Status RunFile(Context& context, const RunOptions& options) {
  absl::StatusOr<v1::Exercise> exercise = LoadExercise(options.file);
  if (!exercise.ok()) return exercise.status();
  const absl::Status replaced = ReplaceInputs(options.inputs, *exercise);
  if (!replaced.ok()) return replaced;
  if (exercise->sequences().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.file, " has no sequences; give some with --inputs \"0 0 1\""));
  }
  ApplyFlags(options.numerics, *exercise->mutable_numerics());

  v1::EvaluateRequest request;
  *request.mutable_inline_model() = exercise->model();
  *request.mutable_numerics() = exercise->numerics();
  *request.mutable_sequences() = exercise->sequences();
  request.set_view(v1::VIEW_TRACE);
  request.set_encoding(v1::ENCODING_VALUES);
  context.OfferInProcess();
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  const auto evaluated = Evaluate(**connection, request);
  if (!evaluated.ok()) {
    return options.inputs.empty() ? AtPlacesIn(options.file, evaluated.status())
                                  : evaluated.status();
  }
  context.out() << RunOutput(*exercise, *evaluated, options.numbers);
  return absl::OkStatus();
}

}  // namespace

void AddRunCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(
      parent, "run", "Evaluate an exercise on the server and print every gate of every step",
      kRunExample);
  const auto options = std::make_shared<RunOptions>();
  command
      .add_option("FILE", options->file,
                  "An Exercise or a Model as protobuf text or JSON; - is the standard input")
      ->type_name("")
      ->required();
  command
      .add_option("--inputs", options->inputs,
                  "A sequence to run instead of the file's; may be given several times")
      ->type_name("\"0 0 1\"")
      ->expected(1)
      ->take_all();
  AddNumericsFlags(command, options->numerics);
  AddTableFlags(command, options->numbers);
  context.OnRun(command, [&context, options] { return RunFile(context, *options); });
}

}  // namespace cellar
