#include <memory>

#include "client/commands/commands.h"
#include "client/commands/number_flags.h"
#include "client/commands/session/session_flags.h"
#include "client/describe.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

struct SessionRewindOptions {
  std::string name;
  int64_t step_index = 0;
  bool json = false;
};

absl::Status RunSessionRewind(Context& context, const SessionRewindOptions& options) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::RewindSessionRequest request;
  request.set_name(FullName("sessions", options.name));
  request.set_step_index(options.step_index);
  const auto answer = (*connection)
                          ->Call((*connection)->sessions(),
                                 &v1::SessionService::Stub::RewindSession, request, Repeat::kSafe);
  if (!answer.ok()) return answer.status();
  context.out() << (options.json ? MessageJson(answer->session()) : SessionText(answer->session()));
  return absl::OkStatus();
}

}  // namespace

void AddSessionRewindCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(parent, "rewind",
                                         "Put a session back to what it was before an earlier step",
                                         "cellar session rewind mine 3");
  const auto options = std::make_shared<SessionRewindOptions>();
  AddSessionName(command, options->name);
  command
      .add_option("STEP", options->step_index,
                  "The step to make next; `cellar session get` tells how far back it may be")
      ->type_name("")
      ->transform(WholeNumber())
      ->required();
  AddJsonFlag(command, options->json);
  context.OnRun(command, [&context, options] { return RunSessionRewind(context, *options); });
}

}  // namespace cellar
