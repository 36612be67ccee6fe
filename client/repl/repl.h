// The interactive mode: one line in, one or more steps or an answer out. Knows nothing of
// terminals; tests and scripts feed it lines.
//
// Thread safety: externally synchronised.
// Ownership: owns its sessions; those that it made are deleted with it.
#ifndef CELLAR_CLIENT_REPL_REPL_H_
#define CELLAR_CLIENT_REPL_REPL_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "cellar/v1/model.pb.h"
#include "client/repl/repl_command.h"
#include "client/session_client.h"
#include "client/steady_stream.h"
#include "client/step_printer.h"

namespace cellar {

class Repl {
 public:
  // What a handled line asks for.
  enum class Next { kContinue, kQuit };

  // Whether the server, and with it all sessions, ends with the program.
  enum class Server { kStays, kEndsWithProgram };

  // `model` is the session's, without weights: a line is cut into steps of as many numbers as it
  // has inputs. `out` outlives the Repl. `waiting` is told of a server that went away, and can end
  // a line.
  Repl(std::unique_ptr<SessionClient> session, v1::Model model, std::ostream& out,
       StepPrinter::Options options, Server server = Server::kStays, Waiting waiting = {});

  ~Repl();

  Repl(const Repl&) = delete;
  Repl& operator=(const Repl&) = delete;

  // The index of the step that comes next, as a prompt: "3> ".
  std::string Prompt() const;

  // Acts on a line. Fails with INVALID_ARGUMENT if it cannot be read, and as the server refuses
  // (FromCall); the sessions are then as before, except that the first of several steps may have
  // been made. Those that were answered were printed; of the last, sent ahead of their answers,
  // some may have been made all the same, and only the prompt's index tells.
  absl::Status Handle(const std::string& line, Next& next);

 private:
  struct Step {
    v1::StepResponse answer;  // of one step
    v1::Tensor inputs;
  };

  // One session with the steps made in it from here.
  struct Branch {
    std::unique_ptr<SessionClient> session;
    std::vector<Step> steps;
  };

  absl::Status MakeSteps(const std::string& line);
  absl::Status StreamSteps(const std::vector<double>& numbers);
  absl::Status ReceiveStep(v1::Tensor inputs);
  // Ends the stream in good order: other calls may then move the session.
  void CloseStream();
  absl::Status Run(const ReplCommand& command, Next& next);
  absl::Status Undo(const std::string& argument);
  absl::Status Fork(const std::string& id);
  absl::Status Switch(const std::string& number_or_id);
  absl::Status Reset();
  absl::Status ShowState();
  absl::Status SetGates(const std::string& argument);
  absl::Status SetDigits(const std::string& argument);
  void ShowTable();
  void ListBranches();

  size_t StepSize() const { return static_cast<size_t>(std::max<int64_t>(1, model_.input_size())); }
  Branch& branch() { return *branches_[current_]; }
  const Branch& branch() const { return *branches_[current_]; }

  void Say(const std::string& text);
  // The answer as it is shown: without gates if they are off.
  v1::StepResponse Shown(const v1::StepResponse& answer) const;

  const v1::Model model_;
  const Server server_;
  const Waiting waiting_;
  std::ostream& out_;
  StepPrinter printer_;
  bool gates_ = true;
  std::vector<std::unique_ptr<Branch>> branches_;  // never empty; shown with numbers from 1
  size_t current_ = 0;                             // the one that lines go to
  std::unique_ptr<SteadyStream> stream_;           // on its session, while steps follow steps
};

}  // namespace cellar

#endif  // CELLAR_CLIENT_REPL_REPL_H_
