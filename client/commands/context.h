// What every command has in common: the options before its name, where it writes, and how it ends.
//
// Thread safety: externally synchronised.
// Lifetime: outlives the CLI::App whose commands use it.
#ifndef CELLAR_CLIENT_COMMANDS_CONTEXT_H_
#define CELLAR_CLIENT_COMMANDS_CONTEXT_H_

#include <google/protobuf/message.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "client/commands/exit_code.h"
#include "client/connection.h"
#include "client/local_server.h"
#include "client/steady_stream.h"

namespace cellar {

class Context {
 public:
  // `start_local` starts a server inside this process; empty: there is none to start.
  Context(std::ostream& out, std::ostream& err, LocalServerFactory start_local = {})
      : out_(out), err_(err), start_local_(std::move(start_local)) {}

  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Adds --server, --in-process, --timeout and who one is (--token, --tls...) to the program.
  void AddOptions(CLI::App& app);

  // A connection to the server asked for; nothing is sent yet. Under --in-process it is inside this
  // process, and ends with the context.
  absl::StatusOr<std::shared_ptr<Connection>> Connect();

  // Notes that this command does as well with --in-process, which is told where no server answers.
  void OfferInProcess() { offers_in_process_ = start_local_ != nullptr; }

  // The same as Connect for commands that need no server of anybody's: where none is named, neither
  // by --server nor by CELLAR_SERVER, one is started inside this process.
  absl::StatusOr<std::shared_ptr<Connection>> ConnectOrStart();

  // Always inside this process, if it has a server to start; else as Connect.
  absl::StatusOr<std::shared_ptr<Connection>> StartLocal();

  // Whether a server was started inside this process.
  bool is_local() const { return local_server_ != nullptr; }

  // A plain connection to another server (a student's, say), which is not told who one is.
  absl::StatusOr<std::shared_ptr<Connection>> ConnectTo(const std::string& address,
                                                        int max_answer_bytes) const;

  // A command called `name` that runs `run` and ends the program with its status, told in the words
  // of the command line (InFlags). `help` is one sentence, `example` one or more lines. All
  // commands are made here, so that all look alike.
  CLI::App& AddCommand(CLI::App& parent, const std::string& name, const std::string& help,
                       const std::string& example);
  void OnRun(CLI::App& command, std::function<absl::Status()> run);

  // Says on the error output that the server is waited for, and that it is back. `how_to_end` tells
  // what ends the wait. The context outlives what is returned.
  Waiting TellsOfWaiting(const std::string& how_to_end);

  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }

  // An error as one line (or a line for each field), without "error: ".
  std::string TextOf(const absl::Status& status) const;

  // Writes an error as "error: ...".
  void PrintError(const absl::Status& status);

  int exit_code() const { return exit_code_; }
  void set_exit_code(int exit_code) { exit_code_ = exit_code; }

 private:
  ConnectionOptions OptionsFor(const std::string& address) const;
  void AddIdentityOptions(CLI::App& app);

  std::ostream& out_;
  std::ostream& err_;
  const LocalServerFactory start_local_;
  std::unique_ptr<LocalServer> local_server_;  // once it is started
  const CLI::Option* server_option_ = nullptr;
  bool in_process_ = false;
  bool offers_in_process_ = false;
  std::string server_ = "127.0.0.1:50051";
  double timeout_seconds_ = 30;
  ChannelIdentity identity_;
  int exit_code_ = kExitOk;
};

// Whether JSON names numbers that are 0 and lists that are empty.
enum class EmptyFields { kShown, kLeftOut };

// A message as proto3 JSON, ending in a newline.
std::string MessageJson(const google::protobuf::Message& message,
                        EmptyFields empty_fields = EmptyFields::kShown);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_CONTEXT_H_
