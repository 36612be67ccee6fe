#include "client/repl/repl.h"

#include <algorithm>
#include <deque>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/call_status.h"
#include "client/describe.h"
#include "client/repl/letters.h"
#include "client/resource_name.h"
#include "client/tensor.h"
#include "client/trace_view.h"

namespace cellar {
namespace {

// What the server says of the new session's id, said of the command that has it.
absl::Status OfFork(const absl::Status& status) {
  std::vector<RefusedField> fields = GetCallError(status).fields;
  for (RefusedField& field : fields) {
    if (field.field == "session_id") field.field = ":fork";
  }
  return fields.empty() ? status : WithFields(status, fields);
}

}  // namespace

Repl::Repl(std::unique_ptr<SessionClient> session, v1::Model model, std::ostream& out,
           StepPrinter::Options options, Server server, Waiting waiting)
    : model_(std::move(model)),
      server_(server),
      waiting_(std::move(waiting)),
      out_(out),
      printer_(out, options) {
  branches_.push_back(std::make_unique<Branch>());
  branch().session = std::move(session);
}

Repl::~Repl() { CloseStream(); }

void Repl::CloseStream() {
  if (stream_ != nullptr) stream_->Close().IgnoreError();
  stream_ = nullptr;
}

std::string Repl::Prompt() const { return absl::StrCat(branch().session->next_step(), "> "); }

absl::Status Repl::Handle(const std::string& line, Next& next) {
  next = Next::kContinue;
  if (absl::StripAsciiWhitespace(line).empty()) return absl::OkStatus();
  if (!IsReplCommand(line)) return MakeSteps(line);
  const absl::StatusOr<ReplCommand> command = ParseReplCommand(line);
  if (!command.ok()) return command.status();
  return Run(*command, next);
}

absl::Status Repl::MakeSteps(const std::string& line) {
  const absl::StatusOr<std::vector<double>> numbers = ParseNumbers(line, model_.input_size());
  if (!numbers.ok()) {
    const std::string hint = WordHint(line);
    return hint.empty() ? numbers.status() : absl::InvalidArgumentError(hint);
  }
  const size_t size = StepSize();
  if (numbers->empty() || numbers->size() % size != 0) {
    return absl::InvalidArgumentError(absl::StrCat("found ", numbers->size(),
                                                   numbers->size() == 1 ? " number" : " numbers",
                                                   "; a step of this model takes ", size));
  }
  absl::Status made = StreamSteps(*numbers);
  if (made.ok()) return made;
  // Some may have been made: ask where the session is.
  stream_ = nullptr;
  printer_.RepeatHeader();
  branch().session->Refresh().IgnoreError();
  return made;
}

absl::Status Repl::StreamSteps(const std::vector<double>& numbers) {
  if (stream_ == nullptr) {
    auto stream = branch().session->Stream(v1::VIEW_TRACE, waiting_);
    if (!stream.ok()) return stream.status();
    stream_ = *std::move(stream);
  }
  const size_t size = StepSize();
  std::deque<v1::Tensor> sent;
  size_t next = 0;
  while (next < numbers.size() || !sent.empty()) {
    if (next < numbers.size() && stream_->CanSend()) {
      sent.push_back(MakeTensor(absl::MakeConstSpan(numbers).subspan(next, size)));
      stream_->Send(sent.back());
      next += size;
      continue;
    }
    absl::Status received = ReceiveStep(std::move(sent.front()));
    if (!received.ok()) return received;
    sent.pop_front();
  }
  return absl::OkStatus();
}

absl::Status Repl::ReceiveStep(v1::Tensor inputs) {
  absl::StatusOr<v1::StepResponse> answer = stream_->Receive();
  if (!answer.ok()) return answer.status();
  branch().session->Advance(answer->next_step());
  printer_.Print(Shown(*answer), inputs);
  branch().steps.push_back({*std::move(answer), std::move(inputs)});
  return absl::OkStatus();
}

absl::Status Repl::Run(const ReplCommand& command, Next& next) {
  switch (command.verb) {
    case ReplVerb::kUndo:
      return Undo(command.argument);
    case ReplVerb::kFork:
      return Fork(command.argument);
    case ReplVerb::kSwitch:
      return Switch(command.argument);
    case ReplVerb::kReset:
      return Reset();
    case ReplVerb::kState:
      return ShowState();
    case ReplVerb::kTable:
      ShowTable();
      return absl::OkStatus();
    case ReplVerb::kGates:
      return SetGates(command.argument);
    case ReplVerb::kDigits:
      return SetDigits(command.argument);
    case ReplVerb::kHelp:
      Say(absl::StrCat(ReplHelp(), "\n",
                       LettersText(model_, branch().session->session().numerics())));
      return absl::OkStatus();
    case ReplVerb::kQuit:
      next = Next::kQuit;
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status Repl::Undo(const std::string& argument) {
  int64_t count = 1;
  if (!argument.empty() && (!absl::SimpleAtoi(argument, &count) || count < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat(":undo takes a number of steps from 1 on, found `", argument, "`"));
  }
  const int64_t now = branch().session->next_step();
  if (count > now) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot undo ", count, " of ", now, now == 1 ? " step" : " steps"));
  }
  const int64_t target = now - count;
  CloseStream();  // it expects steps from `now` on
  absl::Status rewound = branch().session->Rewind(target);
  if (!rewound.ok()) return rewound;
  auto& steps = branch().steps;
  while (!steps.empty() && steps.back().answer.first_step() >= target) steps.pop_back();
  Say(absl::StrCat("back before step ", target, "\n"));
  return absl::OkStatus();
}

absl::Status Repl::Fork(const std::string& id) {
  // A branch with a name of its own is wanted for longer.
  const bool is_kept = !id.empty() && server_ == Server::kStays;
  const auto at_end = is_kept ? SessionClient::AtEnd::kKeep : SessionClient::AtEnd::kDelete;
  auto fork = branch().session->Fork(id, at_end);
  if (!fork.ok()) return OfFork(fork.status());
  auto forked = std::make_unique<Branch>();
  forked->session = *std::move(fork);
  forked->steps = branch().steps;
  CloseStream();
  const size_t old = std::exchange(current_, branches_.size());
  branches_.push_back(std::move(forked));
  Say(absl::StrCat("now in branch ", current_ + 1, ", ", branch().session->name(),
                   is_kept      ? " (kept at the end)"
                   : id.empty() ? ""
                                : " (ends with this program, as its server does)",
                   "; `:switch ", old + 1, "` goes back\n"));
  return absl::OkStatus();
}

absl::Status Repl::Switch(const std::string& number_or_id) {
  if (number_or_id.empty()) {
    ListBranches();
    return absl::OkStatus();
  }
  size_t number = 0;
  if (!absl::SimpleAtoi(number_or_id, &number)) {
    for (size_t i = 0; i < branches_.size(); ++i) {
      if (branches_[i]->session->name() == FullName("sessions", number_or_id)) number = i + 1;
    }
  }
  if (number < 1 || number > branches_.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no branch `", number_or_id, "` here; `:switch` lists them"));
  }
  CloseStream();
  current_ = number - 1;
  Say(absl::StrCat("now in branch ", number, ", ", branch().session->name(), ", before step ",
                   branch().session->next_step(), "\n"));
  return absl::OkStatus();
}

absl::Status Repl::Reset() {
  CloseStream();
  absl::Status status = branch().session->Reset();
  if (!status.ok()) return status;
  branch().steps.clear();
  Say("back in the initial state\n");
  return absl::OkStatus();
}

absl::Status Repl::ShowState() {
  const absl::StatusOr<v1::State> state = branch().session->GetState();
  if (!state.ok()) return state.status();
  Say(StateText(*state, printer_.options().number_format));
  return absl::OkStatus();
}

absl::Status Repl::SetGates(const std::string& argument) {
  if (argument.empty()) {  // as a switch
    return SetGates(gates_ ? "off" : "on");
  }
  if (argument != "on" && argument != "off") {
    return absl::InvalidArgumentError(
        absl::StrCat(":gates takes `on` or `off`, found `", argument, "`"));
  }
  gates_ = argument == "on";
  Say(gates_ ? "every gate is shown\n" : "only c and h are shown\n");
  return absl::OkStatus();
}

absl::Status Repl::SetDigits(const std::string& argument) {
  int digits = 0;
  const bool full = argument == "full";
  if (!full && (!absl::SimpleAtoi(argument, &digits) || digits < 1 || digits > 17)) {
    return absl::InvalidArgumentError(
        absl::StrCat(":digits takes 1 to 17 or `full`, found `", argument, "`"));
  }
  printer_.options().number_format.digits = full ? 0 : digits;
  Say(full ? "numbers are shown in full\n" : absl::StrCat(digits, " significant decimals\n"));
  return absl::OkStatus();
}

void Repl::ShowTable() {
  Table table;
  for (const Step& step : branch().steps) {
    Table rows = RowsOf(Shown(step.answer), step.inputs, printer_.options());
    table.header = std::move(rows.header);
    std::move(rows.rows.begin(), rows.rows.end(), std::back_inserter(table.rows));
  }
  const int64_t first = branch().steps.empty() ? branch().session->next_step()
                                               : branch().steps.front().answer.first_step();
  if (first > 0) {
    Say(absl::StrCat("steps before ", first,
                     " were not made here, and a server keeps the state that they led to, not "
                     "their inputs and gates\n"));
  }
  if (!table.rows.empty()) {
    Say(AlignedText(table));
  } else if (first == 0) {
    Say("no steps yet\n");
  }
}

void Repl::ListBranches() {
  Table table{{"", "BRANCH", "NEXT STEP", "SESSION"}, {}, Table::Align::kLeft};
  for (size_t i = 0; i < branches_.size(); ++i) {
    const SessionClient& session = *branches_[i]->session;
    table.rows.push_back({i == current_ ? "*" : "", absl::StrCat(i + 1),
                          absl::StrCat(session.next_step()), session.name()});
  }
  Say(AlignedText(table));
}

void Repl::Say(const std::string& text) {
  out_ << text;
  out_.flush();
  printer_.RepeatHeader();
}

v1::StepResponse Repl::Shown(const v1::StepResponse& answer) const {
  v1::StepResponse shown = answer;
  if (gates_) return shown;
  const auto without_gates = [](v1::LayerTrace& layer) {
    v1::LayerTrace rest;
    if (layer.has_h()) *rest.mutable_h() = layer.h();
    if (layer.has_c()) *rest.mutable_c() = layer.c();
    layer = std::move(rest);
  };
  for (auto& layer : *shown.mutable_trace()->mutable_layers()) without_gates(layer);
  return shown;
}

}  // namespace cellar
