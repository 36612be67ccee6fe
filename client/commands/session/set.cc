#include <memory>
#include <optional>

#include "client/commands/commands.h"
#include "client/commands/number_flags.h"
#include "client/commands/session/session_flags.h"
#include "client/describe.h"
#include "client/exercise_file.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

struct SessionSetOptions {
  std::string name;
  std::string state;
  std::optional<int64_t> next_step;
  bool json = false;
};

absl::Status RunSessionSet(Context& context, const SessionSetOptions& options) {
  const absl::StatusOr<v1::State> state = LoadState(options.state);
  if (!state.ok()) return state.status();
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::SetSessionStateRequest request;
  request.set_name(FullName("sessions", options.name));
  *request.mutable_state() = *state;
  if (options.next_step.has_value()) request.set_next_step(*options.next_step);
  const auto answer =
      (*connection)
          ->Call((*connection)->sessions(), &v1::SessionService::Stub::SetSessionState, request,
                 Repeat::kSafe);
  if (!answer.ok()) return answer.status();
  context.out() << (options.json ? MessageJson(answer->session()) : SessionText(answer->session()));
  return absl::OkStatus();
}

}  // namespace

void AddSessionSetCommand(CLI::App& parent, Context& context) {
  CLI::App& command =
      context.AddCommand(parent, "set", "Replace a session's state",
                         "echo 'layers { h { values: 1 } c { values: 0.5 } }' > state.textproto\n"
                         "cellar session set mine --state state.textproto --next-step 0");
  const auto options = std::make_shared<SessionSetOptions>();
  AddSessionName(command, options->name);
  command
      .add_option("--state", options->state,
                  "A State as protobuf text or JSON: h and c of each layer")
      ->type_name("FILE")
      ->required();
  command.add_option("--next-step", options->next_step, "The new index of the next step")
      ->type_name("STEP")
      ->transform(WholeNumber());
  AddJsonFlag(command, options->json);
  context.OnRun(command, [&context, options] { return RunSessionSet(context, *options); });
}

}  // namespace cellar
