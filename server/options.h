// What can be chosen when the server starts: every limit of every floor, with its default. Read
// from flags, from environment variables (CELLAR_MAX_SESSIONS for --max-sessions) and from a file
// (--config); a flag counts more than the environment, the environment more than the file.
//
// Thread safety: values and functions; ParseOptions reads the environment.
#ifndef CELLAR_SERVER_OPTIONS_H_
#define CELLAR_SERVER_OPTIONS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/api/api.h"
#include "server/base/log.h"
#include "server/engine/scheduler.h"
#include "server/grading/exercise_registry.h"
#include "server/model/model_registry.h"
#include "server/rpc/server.h"
#include "server/session/session_keeper.h"
#include "server/session/session_table.h"

namespace cellar {

struct Options {
  ServerOptions server;
  ApiLimits api;
  Scheduler::Options scheduler = {.lone_cost = 1'000'000};  // about 100 us
  SessionTable::Limits sessions;
  ModelRegistry::Limits models;
  ExerciseRegistry::Limits exercises;
  std::string data_dir;  // where sessions, models and exercises are kept; empty: in memory only
  SessionKeeper::Options keeping;
  std::string identities_path;  // who may call; empty: nobody is asked (identity_file.h)
  bool allow_insecure = false;  // listen beyond this machine without TLS or identities
  LogLevel log_level = LogLevel::kInfo;
  std::string metrics_address;  // of /metrics, /readyz and /livez; empty: nowhere
  std::string port_file;        // where to write the bound addresses; empty: nowhere
  absl::Duration drain_timeout = absl::Seconds(30);
};

struct ParsedOptions {
  std::optional<Options> options;  // valid ones; nothing: end with exit_code
  std::string output;              // help, version, or what is wrong
  int exit_code = 0;               // 2 if something is wrong
};

ParsedOptions ParseOptions(int argc, const char* const* argv);

// Whether the options make sense, each and together. Errors: INVALID_ARGUMENT with all problems,
// one a line, each naming the flag, the value and what is allowed.
absl::Status ValidateOptions(const Options& options);

// Whether whoever reaches the server must have been let in: TLS, and identities or client
// certificates.
bool IsSecure(const Options& options);

}  // namespace cellar

#endif  // CELLAR_SERVER_OPTIONS_H_
