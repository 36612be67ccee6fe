#include <memory>
#include <optional>

#include "absl/strings/str_join.h"
#include "client/commands/commands.h"
#include "client/commands/number_flags.h"
#include "client/commands/session/session_flags.h"
#include "client/commands/session/step_flags.h"
#include "client/describe.h"
#include "client/resource_name.h"
#include "client/session_client.h"
#include "client/tensor.h"

namespace cellar {
namespace {

constexpr char kSessionStepExample[] =
    "cellar session step mine 0 0 1\n"
    "cellar session step mine \"0.5, -1\" --index 3 --view state\n"
    "cellar session step mine 1 1 1 --last --json";

struct SessionStepOptions {
  std::string name;
  std::vector<std::string> inputs;
  std::optional<int64_t> index;
  StepFlags step;
};

absl::Status RunSessionStep(Context& context, const SessionStepOptions& options) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  const auto session = SessionClient::Attach(*connection, FullName("sessions", options.name));
  if (!session.ok()) return session.status();
  const auto model = (*session)->GetModel();
  if (!model.ok()) return model.status();
  const auto numbers = ParseNumbers(absl::StrJoin(options.inputs, " "), model->input_size());
  if (!numbers.ok()) return numbers.status();

  v1::StepRequest request;
  request.set_session((*session)->name());
  *request.mutable_inputs() = MakeTensor(*numbers);
  if (options.index.has_value()) request.set_step_index(*options.index);
  request.set_view(ViewOf(options.step));
  request.set_density(DensityOf(options.step));
  request.set_encoding(v1::ENCODING_VALUES);
  // Without an index the server cannot tell a repeated step from another one.
  const Repeat repeat = options.index.has_value() ? Repeat::kSafe : Repeat::kUnsafe;
  const auto answer =
      (*connection)
          ->Call((*connection)->sessions(), &v1::SessionService::Stub::Step, request, repeat);
  if (!answer.ok()) return answer.status();
  const v1::Session& facts = (*session)->session();
  StepPrinter::Options print = PrinterOptions(options.step, facts.numerics().precision());
  print.is_kept = IsKept(facts);
  StepPrinter(context.out(), print).Print(*answer, request.inputs());
  if (print.is_kept && print.form == StepPrinter::Form::kText) {
    context.out() << "durable step " << answer->durable_step() << "\n";
  }
  return absl::OkStatus();
}

}  // namespace

void AddSessionStepCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(parent, "step", "Make one or more steps and print them",
                                         kSessionStepExample);
  const auto options = std::make_shared<SessionStepOptions>();
  AddSessionName(command, options->name);
  command
      .add_option("INPUTS", options->inputs,
                  "Numbers of one step after the other, separated by spaces or commas")
      ->type_name("")
      ->required();
  command
      .add_option("--index", options->index,
                  "Index of the first step; makes repeating the command harmless")
      ->type_name("STEP")
      ->transform(WholeNumber());
  AddStepFlags(command, options->step);
  context.OnRun(command, [&context, options] { return RunSessionStep(context, *options); });
}

}  // namespace cellar
