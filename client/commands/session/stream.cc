#include <deque>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/call_status.h"
#include "client/commands/commands.h"
#include "client/commands/line_source.h"
#include "client/commands/number_flags.h"
#include "client/commands/session/input_line_reader.h"
#include "client/commands/session/session_flags.h"
#include "client/commands/session/step_flags.h"
#include "client/describe.h"
#include "client/resource_name.h"
#include "client/session_client.h"
#include "client/tensor.h"

namespace cellar {
namespace {

constexpr char kSessionStreamExample[] =
    "printf '0\\n0\\n1\\n1\\n1\\n0\\n' | cellar session stream mine\n"
    "cellar session stream mine --view output --csv < inputs.csv > outputs.csv";

struct SessionStreamOptions {
  std::string name;
  std::optional<int64_t> from;
  StepFlags step;
};

// The status with the line that it is about in front.
absl::Status InLine(int number, const absl::Status& status) {
  return WithMessage(status, absl::StrCat("input line ", number, ": ", status.message()));
}

// Sends lines as they come, prints answers as they come: as many lines ahead as the replay window
// allows, but never a line kept waiting for its answer while there is nothing to read.
class Streamer {
 public:
  // `notes` is for people.
  Streamer(SteadyStream& stream, InputLineReader reader, StepPrinter printer, std::ostream& notes)
      : stream_(stream), reader_(reader), printer_(std::move(printer)), notes_(notes) {}

  absl::Status Run(LineSource& lines) {
    absl::Status status;
    while (status.ok()) {
      if (!stream_.CanSend() || (stream_.unanswered() > 0 && !lines.IsReady())) {
        status = PrintAnswer();
        continue;
      }
      const std::optional<std::string> line = lines.Next();
      if (!line.has_value()) break;
      status = SendLine(*line);
    }
    while (status.ok() && stream_.unanswered() > 0) status = PrintAnswer();
    return status.ok() ? stream_.Close() : status;
  }

 private:
  absl::Status SendLine(const std::string& text) {
    const absl::StatusOr<InputLine> line = reader_.Read(text);
    const int number = reader_.line_number();
    if (!line.ok()) {
      // What was sent before is done all the same.
      while (stream_.unanswered() > 0) {
        const absl::Status printed = PrintAnswer();
        if (!printed.ok()) return printed;
      }
      return InLine(number, line.status());
    }
    if (line->kind == InputLine::Kind::kHeader) {
      notes_ << "input line " << number << " names the columns; no step is made of it\n";
    }
    if (line->kind != InputLine::Kind::kNumbers) return absl::OkStatus();
    sent_.push_back({MakeTensor(line->numbers), number});
    stream_.Send(sent_.back().inputs);
    return absl::OkStatus();
  }

  absl::Status PrintAnswer() {
    const auto answer = stream_.Receive();
    // Answers come in the order of the lines, so a refusal is that of the oldest without one.
    if (absl::IsInvalidArgument(answer.status())) {
      return InLine(sent_.front().number, answer.status());
    }
    if (!answer.ok()) return answer.status();
    printer_.Print(*answer, sent_.front().inputs);
    sent_.pop_front();
    return absl::OkStatus();
  }

  struct Line {
    v1::Tensor inputs;
    int number;
  };

  SteadyStream& stream_;
  InputLineReader reader_;
  StepPrinter printer_;
  std::ostream& notes_;
  std::deque<Line> sent_;  // without an answer, oldest first
};

absl::Status RunSessionStream(Context& context, const SessionStreamOptions& options) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  const auto session = SessionClient::Attach(*connection, FullName("sessions", options.name));
  if (!session.ok()) return session.status();
  const v1::Session& facts = (*session)->session();
  const auto model = (*session)->GetModel();
  if (!model.ok()) return model.status();

  SteadyStreamOptions stream_options;
  stream_options.session = facts.name();
  stream_options.resume_from = options.from;
  stream_options.view = ViewOf(options.step);
  stream_options.density = DensityOf(options.step);
  stream_options.max_unanswered = static_cast<size_t>(std::max(1, facts.replay_window()));
  stream_options.answer_timeout = (*connection)->options().call_timeout;
  stream_options.open_retry = (*connection)->options().retry;
  stream_options.waiting = context.TellsOfWaiting("Ctrl-C ends it");
  auto stream = SteadyStream::Open((*connection)->sessions(), stream_options);
  if (!stream.ok()) return stream.status();
  auto print = PrinterOptions(options.step, facts.numerics().precision());
  print.is_kept = IsKept(facts);
  LineSource lines(STDIN_FILENO);
  return Streamer(**stream, InputLineReader(model->input_size()), StepPrinter(context.out(), print),
                  context.err())
      .Run(lines);
}

}  // namespace

void AddSessionStreamCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(
      parent, "stream", "Read inputs line by line and print the steps as they are made",
      kSessionStreamExample);
  const auto options = std::make_shared<SessionStreamOptions>();
  AddSessionName(command, options->name);
  command
      .add_option("--from", options->from,
                  "Index of the first line's first step; the session's next step otherwise")
      ->type_name("STEP")
      ->transform(WholeNumber());
  AddStepFlags(command, options->step);
  context.OnRun(command, [&context, options] { return RunSessionStream(context, *options); });
}

}  // namespace cellar
