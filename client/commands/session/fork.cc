#include <memory>
#include <optional>

#include "client/commands/commands.h"
#include "client/commands/number_flags.h"
#include "client/commands/session/session_flags.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

struct SessionForkOptions {
  std::string name;
  std::optional<int64_t> step_index;
  NewSessionFlags session;
  bool json = false;
};

absl::Status RunSessionFork(Context& context, const SessionForkOptions& options) {
  v1::Session session;
  const absl::Status applied = ApplyFlags(options.session, session);
  if (!applied.ok()) return applied;
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::ForkSessionRequest request;
  request.set_name(FullName("sessions", options.name));
  request.set_session_id(BareId("sessions", options.session.id));
  if (options.step_index.has_value()) request.set_step_index(*options.step_index);
  if (session.has_ttl()) *request.mutable_ttl() = session.ttl();
  *request.mutable_labels() = session.labels();
  const auto answer = (*connection)
                          ->Call((*connection)->sessions(), &v1::SessionService::Stub::ForkSession,
                                 request, Repeat::kUnsafe);
  if (!answer.ok()) return answer.status();
  context.out() << (options.json ? MessageJson(answer->session())
                                 : answer->session().name() + "\n");
  return absl::OkStatus();
}

}  // namespace

void AddSessionForkCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(
      parent, "fork", "Create a session that goes on from where another one is; print its name",
      "cellar session fork mine --id other\n"
      "cellar session fork mine --step 3");
  const auto options = std::make_shared<SessionForkOptions>();
  AddSessionName(command, options->name);
  command
      .add_option("--step", options->step_index,
                  "The step that the new session makes next; that of the other one otherwise")
      ->type_name("STEP")
      ->transform(WholeNumber());
  AddCopyFlags(command, options->session);
  AddJsonFlag(command, options->json);
  context.OnRun(command, [&context, options] { return RunSessionFork(context, *options); });
}

}  // namespace cellar
