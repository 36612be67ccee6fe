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

#include "absl/status/statusor.h"
#include "client/commands/exit_code.h"
#include "client/connection.h"

namespace cellar {

class Context {
 public:
  Context(std::ostream& out, std::ostream& err) : out_(out), err_(err) {}

  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Adds --server and --timeout to the program.
  void AddOptions(CLI::App& app);

  // A connection to the server asked for; nothing is sent yet.
  absl::StatusOr<std::shared_ptr<Connection>> Connect() const;

  // A command called `name` that runs `run` and ends the program with its status. `help` is one
  // sentence, `example` one or more lines. All commands are made here, so that all look alike.
  CLI::App& AddCommand(CLI::App& parent, const std::string& name, const std::string& help,
                       const std::string& example);
  void OnRun(CLI::App& command, std::function<absl::Status()> run);

  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }

  // Writes an error as "error: ...".
  void PrintError(const absl::Status& status);

  int exit_code() const { return exit_code_; }
  void set_exit_code(int exit_code) { exit_code_ = exit_code; }

 private:
  std::ostream& out_;
  std::ostream& err_;
  std::string server_ = "127.0.0.1:50051";
  double timeout_seconds_ = 30;
  int exit_code_ = kExitOk;
};

// Whether JSON names numbers that are 0 and lists that are empty.
enum class EmptyFields { kShown, kLeftOut };

// A message as proto3 JSON, ending in a newline.
std::string MessageJson(const google::protobuf::Message& message,
                        EmptyFields empty_fields = EmptyFields::kShown);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_CONTEXT_H_
