#include "client/repl/repl.h"

#include <iostream>
#include <limits>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/commands/commands.h"
#include "client/commands/interrupt.h"
#include "client/commands/model/send_model.h"
#include "client/commands/number_flags.h"
#include "client/commands/numerics_flags.h"
#include "client/commands/terminal.h"
#include "client/describe.h"
#include "client/error_text.h"
#include "client/exercise_file.h"
#include "client/file_places.h"
#include "client/repl/line_editor.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

constexpr char kReplExample[] =
    "cellar repl --in-process client/examples/homework.textproto\n"
    "cellar repl --session mine --digits 6\n"
    "printf '0 0 1\\n:undo\\n:table\\n' | cellar repl client/examples/homework.textproto";

// Deep enough for :undo in a session that is made to play with.
constexpr int kReplayWindow = 256;

// How often the model is tried to delete at the end.
constexpr int kDeleteTries = 5;
constexpr absl::Duration kDeletePause = absl::Milliseconds(50);

struct ReplOptions {
  std::string file;
  std::string session;
  std::string model;
  NumericsFlags numerics;
  NumberFlags numbers;
};

// Deletes the model that was created for this run, after the sessions that used it.
class TemporaryModel {
 public:
  explicit TemporaryModel(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)) {}
  ~TemporaryModel() {
    if (name_.empty()) return;
    // A session that was just deleted may be in use for a moment more. If a named fork was kept, so
    // is the model.
    for (int tries = 0; tries < kDeleteTries; ++tries) {
      if (GetCallError(Delete()).reason != "MODEL_IN_USE") return;
      absl::SleepFor(kDeletePause);
    }
  }

  TemporaryModel(const TemporaryModel&) = delete;
  TemporaryModel& operator=(const TemporaryModel&) = delete;

  // Creates the model under a name that nobody else has.
  absl::StatusOr<v1::Model> Create(v1::Model model) {
    const auto id = static_cast<uint64_t>(RandomFraction() * 0x1p48);
    auto created = CreateModel(*connection_, std::move(model), absl::StrFormat("repl-%012x", id));
    if (created.ok()) name_ = created->name();
    return created;
  }

 private:
  absl::Status Delete() {
    v1::DeleteModelRequest request;
    request.set_name(name_);
    return connection_
        ->Call(connection_->models(), &v1::ModelService::Stub::DeleteModel, request,
               Repeat::kUnsafe)
        .status();
  }

  const std::shared_ptr<Connection> connection_;
  std::string name_;
};

using OwnedSession = std::unique_ptr<SessionClient>;

absl::StatusOr<OwnedSession> OpenSession(const ReplOptions& options,
                                         const std::shared_ptr<Connection>& connection) {
  if (options.numerics.any()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the arithmetic of ", options.session,
        " was fixed when it was created: leave out --precision, --activation, --rounding and "
        "--rounding-scope, or make a session with --model NAME"));
  }
  return SessionClient::Attach(connection, FullName("sessions", options.session));
}

absl::StatusOr<OwnedSession> MakeSession(const ReplOptions& options,
                                         const std::shared_ptr<Connection>& connection,
                                         TemporaryModel& temporary) {
  v1::CreateSessionRequest request;
  v1::Session& session = *request.mutable_session();
  session.set_model(FullName("models", options.model));
  if (!options.file.empty()) {
    absl::StatusOr<v1::Exercise> exercise = LoadExercise(options.file);
    if (!exercise.ok()) return exercise.status();
    *session.mutable_numerics() = exercise->numerics();
    TakeInitialState(*exercise, request);
    const auto model = temporary.Create(std::move(*exercise->mutable_model()));
    if (!model.ok()) return AtPlacesIn(options.file, model.status());
    session.set_model(model->name());
  }
  session.set_replay_window(kReplayWindow);
  ApplyFlags(options.numerics, *session.mutable_numerics());
  return SessionClient::Create(connection, request, SessionClient::AtEnd::kDelete);
}

void Welcome(Context& context, const v1::Session& session, const v1::Model& model) {
  context.out() << (model.display_name().empty() ? session.name() : OneLine(model.display_name()))
                << ": " << LayersText(model) << ", " << NumericsText(session.numerics()) << "\n"
                << "Type the "
                << (model.input_size() > 1 ? absl::StrCat(model.input_size(), " numbers") : "input")
                << " of a step; :help lists the commands.\n"
                << std::flush;
}

// A person goes on after an error; a script ends with it.
absl::Status ReadLines(Context& context, Repl& repl, LineEditor& editor, bool interactive) {
  Repl::Next next = Repl::Next::kContinue;
  std::string line;
  for (int number = 1; next == Repl::Next::kContinue; ++number) {
    const LineEditor::Event event = editor.Read(repl.Prompt(), line);
    if (event == LineEditor::Event::kEnd) break;
    Interrupt::Clear();
    if (event == LineEditor::Event::kCancelled) continue;
    absl::Status status = repl.Handle(line, next);
    if (status.ok()) continue;
    if (!interactive) {
      context.err() << "in line " << number << " of the input:\n";
      return status;
    }
    context.PrintError(status);
  }
  return absl::OkStatus();
}

absl::Status RunRepl(Context& context, const ReplOptions& options) {
  const int sources = !options.file.empty() + !options.session.empty() + !options.model.empty();
  if (sources != 1) {
    return absl::InvalidArgumentError("give one of FILE, --session NAME and --model NAME");
  }
  if (options.file == "-") {
    return absl::InvalidArgumentError("FILE cannot be the standard input here: it has the inputs");
  }
  if (!options.file.empty()) context.OfferInProcess();
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  TemporaryModel temporary(*connection);
  absl::StatusOr<OwnedSession> session = options.session.empty()
                                             ? MakeSession(options, *connection, temporary)
                                             : OpenSession(options, *connection);
  if (!session.ok()) return session.status();
  const auto model = (*session)->GetModel();
  if (!model.ok()) return model.status();
  const v1::Session& facts = (*session)->session();

  const bool interactive = InputIsTerminal() && OutputIsTerminal();
  if (interactive) Welcome(context, facts, *model);
  StepPrinter::Options print;
  print.number_format = FormatFor(options.numbers, facts.numerics().precision());
  print.max_elements = options.numbers.elements;
  print.colours = UseColours();
  const auto editor = interactive ? MakeTerminalEditor(HistoryFile(), ReplCommandNames())
                                  : MakeScriptReader(std::cin);
  std::optional<Interrupt> interrupt;  // a script ends with Ctrl-C, as any program does
  if (interactive) interrupt.emplace();
  Waiting waiting =
      context.TellsOfWaiting(interactive ? "Ctrl-C drops the line" : "Ctrl-C ends it");
  if (interactive) waiting.is_over = &Interrupt::IsWished;
  const auto server = context.is_local() ? Repl::Server::kEndsWithProgram : Repl::Server::kStays;
  Repl repl(*std::move(session), *model, context.out(), print, server, waiting);
  return ReadLines(context, repl, *editor, interactive);
}

}  // namespace

void AddReplCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(
      parent, "repl", "Type inputs and see every gate at once; undo, fork, look around",
      kReplExample);
  const auto options = std::make_shared<ReplOptions>();
  command
      .add_option("FILE", options->file,
                  "An Exercise or a Model; begins in the state of its first sequence. Model and "
                  "session are deleted at the end")
      ->type_name("");
  command.add_option("--session", options->session, "Go on in a session that exists")
      ->type_name("NAME");
  command
      .add_option("--model", options->model,
                  "Make a session of a model on the server; it is deleted at the end")
      ->type_name("NAME");
  AddNumericsFlags(command, options->numerics);
  AddDigitsFlags(command, options->numbers);
  command.add_option("--elements", options->numbers.elements, "Elements shown of a vector; 0: all")
      ->type_name("N")
      ->transform(WholeNumber())
      ->check(CLI::Range(0, std::numeric_limits<int>::max()))
      ->capture_default_str()
      ->group("Output");
  context.OnRun(command, [&context, options] { return RunRepl(context, *options); });
}

}  // namespace cellar
