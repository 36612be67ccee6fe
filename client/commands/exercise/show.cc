#include <memory>

#include "client/commands/commands.h"
#include "client/commands/exercise/exercise_argument.h"

namespace cellar {
namespace {

constexpr char kExerciseShowExample[] =
    "cellar exercise show client/examples/grading/varied.textproto --seed alice\n"
    "cellar exercise show exercises/homework --json";

struct ExerciseShowOptions {
  std::string exercise;
  std::string seed;
  bool json = false;
};

absl::Status RunExerciseShow(Context& context, const ExerciseShowOptions& options) {
  const auto argument = LoadExerciseArgument(context, options.exercise);
  if (!argument.ok()) return argument.status();
  const auto exercise = DrawnExercise(context, *argument, options.seed);
  if (!exercise.ok()) return exercise.status();
  context.out() << (options.json ? MessageJson(*exercise, EmptyFields::kLeftOut)
                                 : ExerciseText(*exercise));
  return absl::OkStatus();
}

}  // namespace

void AddExerciseShowCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(
      parent, "show", "Print an exercise, with the numbers that a seed draws, as a file",
      kExerciseShowExample);
  const auto options = std::make_shared<ExerciseShowOptions>();
  AddExerciseArgument(command, options->exercise);
  command.add_option("--seed", options->seed, "Draws the numbers that differ between students")
      ->type_name("TEXT");
  command.add_flag("--json", options->json, "As JSON rather than protobuf text");
  context.OnRun(command, [&context, options] { return RunExerciseShow(context, *options); });
}

}  // namespace cellar
