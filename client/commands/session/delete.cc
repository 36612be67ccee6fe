#include <memory>

#include "client/commands/commands.h"
#include "client/commands/session/session_flags.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

absl::Status RunSessionDelete(Context& context, const std::string& name) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::DeleteSessionRequest request;
  request.set_name(FullName("sessions", name));
  const auto answer =
      (*connection)
          ->Call((*connection)->sessions(), &v1::SessionService::Stub::DeleteSession, request,
                 Repeat::kUnsafe);
  if (!answer.ok()) return answer.status();
  context.out() << "deleted " << request.name() << "\n";
  return absl::OkStatus();
}

}  // namespace

void AddSessionDeleteCommand(CLI::App& parent, Context& context) {
  CLI::App& command =
      context.AddCommand(parent, "delete", "Delete a session", "cellar session delete mine");
  const auto name = std::make_shared<std::string>();
  AddSessionName(command, *name);
  context.OnRun(command, [&context, name] { return RunSessionDelete(context, *name); });
}

}  // namespace cellar
