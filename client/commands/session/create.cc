#include <memory>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/model/send_model.h"
#include "client/commands/numerics_flags.h"
#include "client/commands/session/session_flags.h"
#include "client/exercise_file.h"
#include "client/file_places.h"
#include "client/resource_name.h"
#include "client/session_client.h"

namespace cellar {
namespace {

constexpr char kSessionCreateExample[] =
    "cellar session create --file client/examples/homework.textproto --id mine\n"
    "cellar session create --model homework --rounding nearest --rounding-scope feedback --ttl 2h";

struct SessionCreateOptions {
  std::string model;
  std::string file;
  std::string initial_state;
  NewSessionFlags session;
  NumericsFlags numerics;
  bool json = false;
};

// Creates the file's model, and takes over its numerics and initial state.
absl::Status UseFile(Connection& connection, const std::string& file,
                     v1::CreateSessionRequest& request) {
  v1::Session& session = *request.mutable_session();
  absl::StatusOr<v1::Exercise> exercise = LoadExercise(file);
  if (!exercise.ok()) return exercise.status();
  const auto model = CreateModel(connection, std::move(*exercise->mutable_model()), "");
  if (!model.ok()) return AtPlacesIn(file, model.status());
  session.set_model(model->name());
  if (exercise->has_numerics()) *session.mutable_numerics() = exercise->numerics();
  TakeInitialState(*exercise, request);
  return absl::OkStatus();
}

absl::Status Fill(const SessionCreateOptions& options, Connection& connection,
                  v1::CreateSessionRequest& request) {
  if (options.model.empty() == options.file.empty()) {
    return absl::InvalidArgumentError("give either --model NAME or --file FILE");
  }
  v1::Session& session = *request.mutable_session();
  request.set_session_id(BareId("sessions", options.session.id));
  const absl::Status applied = ApplyFlags(options.session, session);
  if (!applied.ok()) return applied;
  if (!options.initial_state.empty()) {
    absl::StatusOr<v1::State> state = LoadState(options.initial_state);
    if (!state.ok()) return state.status();
    *request.mutable_initial_state() = std::move(*state);
  }
  session.set_model(FullName("models", options.model));
  if (!options.file.empty()) {
    const absl::Status used = UseFile(connection, options.file, request);
    if (!used.ok()) return used;
  }
  ApplyFlags(options.numerics, *session.mutable_numerics());
  return absl::OkStatus();
}

absl::Status RunSessionCreate(Context& context, const SessionCreateOptions& options) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::CreateSessionRequest request;
  const absl::Status filled = Fill(options, **connection, request);
  if (!filled.ok()) return filled;
  const auto session = SessionClient::Create(*connection, request, SessionClient::AtEnd::kKeep);
  if (!session.ok()) return session.status();
  context.out() << (options.json ? MessageJson((*session)->session()) : (*session)->name() + "\n");
  return absl::OkStatus();
}

}  // namespace

void AddSessionCreateCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(parent, "create", "Create a session and print its name",
                                         kSessionCreateExample);
  const auto options = std::make_shared<SessionCreateOptions>();
  command.add_option("--model", options->model, "A model on the server: models/ID, or ID alone")
      ->type_name("NAME");
  command
      .add_option("--file", options->file,
                  "A file whose model is created first; the session begins in the state of its "
                  "first sequence")
      ->type_name("FILE");
  command
      .add_option("--initial-state", options->initial_state,
                  "A State to start from and to return to on reset; else that of --file, or all "
                  "zero")
      ->type_name("FILE");
  AddNewSessionFlags(command, options->session);
  AddNumericsFlags(command, options->numerics);
  AddJsonFlag(command, options->json);
  context.OnRun(command, [&context, options] { return RunSessionCreate(context, *options); });
}

}  // namespace cellar
