#include <memory>

#include "client/commands/commands.h"
#include "client/commands/session/session_flags.h"
#include "client/message_file.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

struct SessionImportOptions {
  std::string file;
  std::string model;
  NewSessionFlags session;
  bool json = false;
};

absl::Status RunSessionImport(Context& context, const SessionImportOptions& options) {
  absl::StatusOr<std::string> snapshot = ReadFile(options.file);
  if (!snapshot.ok()) return snapshot.status();
  v1::ImportSessionRequest request;
  request.set_snapshot(*std::move(snapshot));
  request.set_session_id(BareId("sessions", options.session.id));
  request.mutable_session()->set_model(FullName("models", options.model));
  const absl::Status applied = ApplyFlags(options.session, *request.mutable_session());
  if (!applied.ok()) return applied;
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  const auto answer =
      (*connection)
          ->Call((*connection)->sessions(), &v1::SessionService::Stub::ImportSession, request,
                 Repeat::kUnsafe);
  if (!answer.ok()) return answer.status();
  context.out() << (options.json ? MessageJson(answer->session())
                                 : answer->session().name() + "\n");
  return absl::OkStatus();
}

}  // namespace

void AddSessionImportCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(
      parent, "import", "Create a session from an exported one and print its name",
      "cellar session import mine.snapshot --model homework --id again");
  const auto options = std::make_shared<SessionImportOptions>();
  command.add_option("FILE", options->file, "What `cellar session export` wrote")
      ->type_name("")
      ->required();
  command.add_option("--model", options->model, "The model it was exported with")
      ->type_name("NAME")
      ->required();
  AddNewSessionFlags(command, options->session);
  AddJsonFlag(command, options->json);
  context.OnRun(command, [&context, options] { return RunSessionImport(context, *options); });
}

}  // namespace cellar
