// What the session commands have in common: the session's name, and the options of new sessions.
#ifndef CELLAR_CLIENT_COMMANDS_SESSION_SESSION_FLAGS_H_
#define CELLAR_CLIENT_COMMANDS_SESSION_SESSION_FLAGS_H_

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cellar/v1/session.pb.h"

namespace cellar {

// Adds NAME: `sessions/ID`, or ID alone.
void AddSessionName(CLI::App& command, std::string& name);

// Adds --json: the answer's session as JSON instead of words.
void AddJsonFlag(CLI::App& command, bool& json);

// Options of a session that is about to be made.
struct NewSessionFlags {
  std::string id;
  std::string ttl;
  std::string durability;
  std::optional<int> replay_window;
  std::vector<std::string> labels;
};

// Adds --id, --ttl and --label.
void AddCopyFlags(CLI::App& command, NewSessionFlags& flags);
// Adds those, --durability and --replay-window.
void AddNewSessionFlags(CLI::App& command, NewSessionFlags& flags);

// Writes what was given into `session`. Fails with INVALID_ARGUMENT, naming the flag, if a duration
// or a label cannot be read.
absl::Status ApplyFlags(const NewSessionFlags& flags, v1::Session& session);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_SESSION_SESSION_FLAGS_H_
