#include <memory>

#include "client/commands/commands.h"
#include "client/commands/number_flags.h"
#include "client/commands/session/session_flags.h"
#include "client/describe.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

struct SessionGetOptions {
  std::string name;
  bool state = false;
  bool json = false;
  NumberFlags numbers;
};

absl::Status RunSessionGet(Context& context, const SessionGetOptions& options) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::GetSessionRequest request;
  request.set_name(FullName("sessions", options.name));
  request.set_view(options.state ? v1::SESSION_VIEW_FULL : v1::SESSION_VIEW_BASIC);
  request.set_encoding(v1::ENCODING_VALUES);
  const auto response = (*connection)
                            ->Call((*connection)->sessions(), &v1::SessionService::Stub::GetSession,
                                   request, Repeat::kSafe);
  if (!response.ok()) return response.status();
  const v1::Session& session = response->session();
  if (options.json) {
    context.out() << MessageJson(session);
    return absl::OkStatus();
  }
  context.out() << SessionText(session);
  if (options.state) {
    const auto format = FormatFor(options.numbers, session.numerics().precision());
    context.out() << StateText(session.state(), format);
  }
  return absl::OkStatus();
}

}  // namespace

void AddSessionGetCommand(CLI::App& parent, Context& context) {
  CLI::App& command =
      context.AddCommand(parent, "get", "Show a session", "cellar session get mine --state");
  const auto options = std::make_shared<SessionGetOptions>();
  AddSessionName(command, options->name);
  command.add_flag("--state", options->state, "Also its state: h and c of every layer");
  AddDigitsFlags(command, options->numbers);
  AddJsonFlag(command, options->json);
  context.OnRun(command, [&context, options] { return RunSessionGet(context, *options); });
}

}  // namespace cellar
