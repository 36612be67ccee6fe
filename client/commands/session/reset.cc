#include <memory>

#include "client/commands/commands.h"
#include "client/commands/session/session_flags.h"
#include "client/describe.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

struct SessionResetOptions {
  std::string name;
  bool json = false;
};

absl::Status RunSessionReset(Context& context, const SessionResetOptions& options) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::ResetSessionRequest request;
  request.set_name(FullName("sessions", options.name));
  const auto answer = (*connection)
                          ->Call((*connection)->sessions(), &v1::SessionService::Stub::ResetSession,
                                 request, Repeat::kSafe);
  if (!answer.ok()) return answer.status();
  context.out() << (options.json ? MessageJson(answer->session()) : SessionText(answer->session()));
  return absl::OkStatus();
}

}  // namespace

void AddSessionResetCommand(CLI::App& parent, Context& context) {
  CLI::App& command =
      context.AddCommand(parent, "reset", "Put a session back to its initial state and to step 0",
                         "cellar session reset mine");
  const auto options = std::make_shared<SessionResetOptions>();
  AddSessionName(command, options->name);
  AddJsonFlag(command, options->json);
  context.OnRun(command, [&context, options] { return RunSessionReset(context, *options); });
}

}  // namespace cellar
