#include "server/options.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <regex>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/build_info.h"
#include "server/flag_file.h"
#include "server/flags.h"
#include "server/option_flags.h"
#include "server/option_problems.h"
#include "server/rpc/incoming.h"
#include "server/rpc/listen_address.h"
#include "server/unknown_flag.h"

namespace cellar {
namespace {

constexpr int64_t kMaxWorkers = 1024;
constexpr int64_t kMinMessageBytes = 1024;  // room for any request that carries no numbers
// gRPC counts bytes in an int, and its own limit is a multiple of ours.
constexpr int64_t kMaxMessageBytes = ((int64_t{1} << 31) - 1) / kUnreadMessageFactor;

bool IsGiven(const std::string& flag, const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
    return argument == flag || absl::StartsWith(argument, flag + "=");
  });
}

// The command line, and as flags what the environment says about flags that it leaves open. (CLI11
// would let the file count more than the environment.)
std::vector<std::string> Arguments(const CLI::App& app, const std::vector<std::string>& arguments) {
  std::vector<std::string> added;
  for (const CLI::Option* option : app.get_options()) {
    const std::string flag = option->get_name();
    const char* const value =
        option->get_envname().empty() ? nullptr : std::getenv(option->get_envname().c_str());
    if (value == nullptr || *value == '\0' || IsGiven(flag, arguments)) continue;
    added.push_back(absl::StrCat(flag, "=", value));
  }
  added.insert(added.end(), arguments.begin(), arguments.end());
  return added;
}

std::string ConfigPath(const CLI::App& app) {
  const std::vector<std::string> paths = app.get_config_ptr()->results();
  return paths.empty() ? "" : paths.back();
}

// Where the flag that a line about it names has its value from: "CELLAR_WORKERS: ", "FILE: ", or
// nothing for the command line and the default.
std::string SourceOf(const CLI::App& app, const std::string& line,
                     const std::vector<std::string>& arguments) {
  static const std::regex flag_pattern("--[a-z-]+");
  std::smatch flag;
  if (!std::regex_search(line, flag, flag_pattern) || IsGiven(flag.str(), arguments)) return "";
  const CLI::Option* const option = app.get_option_no_throw(flag.str());
  if (option == nullptr || option->get_envname().empty()) return "";
  const char* const value = std::getenv(option->get_envname().c_str());
  if (value != nullptr && *value != '\0') return option->get_envname() + ": ";
  return option->count() == 0 ? "" : ConfigPath(app) + ": ";
}

// Problems, a line each, with their sources.
std::string WithSources(const CLI::App& app, const std::string& problems,
                        const std::vector<std::string>& arguments) {
  std::string text;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(problems, '\n'))) {
    if (!line.empty()) absl::StrAppend(&text, SourceOf(app, line, arguments), line, "\n");
  }
  return text;
}

// Why the file of --config cannot be read.
std::string UnreadableText(const std::string& path) {
  char first = 0;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // no wait for a pipe
  const bool is_readable = file >= 0 && read(file, &first, 1) >= 0;        // by now
  const std::string why = is_readable ? "it could not be read" : std::strerror(errno);
  if (file >= 0) close(file);
  return absl::StrCat("--config: cannot read ", path, ": ", why, "\n");
}

ParsedOptions Ended(const CLI::App& app, const CLI::ParseError& why,
                    const std::vector<std::string>& arguments) {
  std::ostringstream output;
  if (app.exit(why, output, output) == 0) return {std::nullopt, output.str(), 0};
  if (dynamic_cast<const CLI::ConfigError*>(&why) != nullptr) {
    const std::string lines =
        absl::StrReplaceAll(why.what(), {{"\n", "\n" + ConfigPath(app) + ":"}});
    return {std::nullopt, absl::StrCat(ConfigPath(app), ":", lines, "\n"), kBadUsage};
  }
  if (dynamic_cast<const CLI::FileError*>(&why) != nullptr) {
    return {std::nullopt, UnreadableText(ConfigPath(app)), kBadUsage};
  }
  if (const std::string text = UnexpectedArgumentsText(app); !text.empty()) {
    return {std::nullopt, text, kBadUsage};
  }
  return {std::nullopt, WithSources(app, output.str(), arguments), kBadUsage};
}

void CheckIdentity(const Options& options, OptionProblems& problems) {
  const TlsOptions& tls = options.server.tls;
  problems.Require(!tls.enabled() || (!tls.certificate_path.empty() && !tls.key_path.empty()),
                   "--tls-cert, --tls-key: TLS needs both");
  problems.Require(tls.client_ca_path.empty() || tls.enabled(),
                   "--tls-client-ca: needs --tls-cert and --tls-key");
  problems.Require(
      tls.refresh_interval >= absl::Seconds(1) && tls.refresh_interval <= absl::Hours(24 * 365),
      absl::StrCat("--tls-refresh-interval: ", absl::FormatDuration(tls.refresh_interval),
                   " is not possible; at least 1s and at most a year"));
  if (options.allow_insecure || IsSecure(options)) return;
  for (const std::string& address : options.server.listen) {
    if (!CheckListenAddress(address).ok() || IsLocal(address)) continue;
    problems.Require(
        false, absl::StrCat("--listen: ", address, " can be reached from other machines, ",
                            tls.enabled() ? "and nobody is asked who they are" : "in plain text",
                            "; give --tls-cert and --tls-key, and --identities or "
                            "--tls-client-ca, or --allow-insecure if others see to that"));
  }
}

void CheckServer(const Options& options, OptionProblems& problems) {
  problems.Require(!options.server.listen.empty(), "--listen: at least one address is needed");
  for (const std::string& address : options.server.listen) {
    const absl::Status status = CheckListenAddress(address);
    problems.Require(status.ok(), absl::StrCat("--listen: ", status.message()));
  }
  if (!options.metrics_address.empty()) {
    const absl::Status status = CheckListenAddress(options.metrics_address);
    problems.Require(status.ok(), absl::StrCat("--metrics-address: ", status.message()));
    problems.Require(!status.ok() || !IsUnixSocket(options.metrics_address),
                     absl::StrCat("--metrics-address: ", options.metrics_address,
                                  " is a unix socket; give host:port"));
  }
  problems.NotNegative("--drain-timeout", options.drain_timeout, "cancels at once");
  problems.NotNegative("--busy-poll", options.server.busy_poll, "sleeps at once");
  problems.AtLeast("--max-calls-per-connection", options.server.max_calls_per_connection, 1);
  problems.AtLeast(
      "--max-transport-bytes", options.server.max_transport_bytes,
      kUnreadMessageFactor * std::min(options.api.max_message_bytes, kMaxMessageBytes));
  problems.AtLeast("--max-call-bytes", options.api.max_call_bytes,
                   std::min(2 * options.api.max_message_bytes, kMaxMessageBytes));
  problems.AtLeast("--max-call-bytes-per-tenant", options.api.max_call_bytes_per_tenant, 0);
  problems.Positive("--keepalive-interval", options.server.keepalive_interval);
  problems.Positive("--keepalive-timeout", options.server.keepalive_timeout);
}

void CheckWork(const Options& options, OptionProblems& problems) {
  problems.AtLeast("--workers", options.scheduler.worker_count, 1);
  problems.Require(options.scheduler.worker_count <= kMaxWorkers,
                   absl::StrCat("--workers: ", options.scheduler.worker_count,
                                " is too large; at most ", kMaxWorkers));
  problems.AtLeast("--inline-cost", options.scheduler.inline_cost, 0);
  problems.AtLeast("--lone-cost", options.scheduler.lone_cost, 0);
  problems.AtLeast("--max-batch-rows", options.scheduler.max_batch_rows, 1);
  problems.Require(options.scheduler.max_batch_rows <= kMostBatchRows,
                   absl::StrCat("--max-batch-rows: ", options.scheduler.max_batch_rows,
                                " is too large; at most ", kMostBatchRows));
  problems.AtLeast("--max-queued-steps", options.scheduler.max_queued_steps, 1);
  problems.AtLeast("--max-queued-steps-per-tenant", options.scheduler.max_queued_steps_per_tenant,
                   0);
  problems.AtLeast("--max-queued-steps-per-session", options.scheduler.max_queued_steps_per_session,
                   1);
  problems.AtLeast("--max-steps-per-request", options.api.max_steps_per_request, 1);
  problems.AtLeast("--max-request-multiply-adds", options.api.max_request_multiply_adds, 1);
  problems.AtLeast("--max-streams", options.api.max_streams, 0);
  problems.AtLeast("--max-streams-per-tenant", options.api.max_streams_per_tenant, 0);
  const int64_t message_bytes = options.api.max_message_bytes;
  problems.Require(message_bytes >= kMinMessageBytes && message_bytes <= kMaxMessageBytes,
                   absl::StrCat("--max-message-bytes: ", message_bytes, " is not possible; from ",
                                kMinMessageBytes, " to ", kMaxMessageBytes));
  problems.AtLeast("--max-upload-bytes", options.api.max_upload_bytes, 0);
}

void CheckResources(const Options& options, OptionProblems& problems) {
  problems.AtLeast("--max-sessions", options.sessions.max_sessions, 0);
  problems.AtLeast("--max-sessions-per-tenant", options.sessions.max_sessions_per_tenant, 0);
  problems.AtLeast("--max-session-bytes", options.sessions.max_bytes, 0);
  problems.AtLeast("--max-session-bytes-per-tenant", options.sessions.max_bytes_per_tenant, 0);
  problems.AtLeast("--checkpoint-steps", options.keeping.checkpoint_steps, 1);
  problems.Positive("--checkpoint-interval", options.keeping.checkpoint_interval);
  problems.Positive("--sleep-after", options.sessions.sleep_after);
  problems.Positive("--default-ttl", options.api.default_ttl);
  problems.Positive("--max-ttl", options.api.max_ttl);
  problems.Require(options.api.default_ttl <= options.api.max_ttl,
                   absl::StrCat("--default-ttl: ", absl::FormatDuration(options.api.default_ttl),
                                " is longer than --max-ttl, which is ",
                                absl::FormatDuration(options.api.max_ttl)));
  problems.NotNegative("--tombstone-retention", options.sessions.tombstone_retention,
                       "remembers nothing");
  problems.AtLeast("--max-tombstones", options.sessions.max_tombstones, 0);
  problems.AtLeast("--max-models", options.models.max_models, 0);
  problems.AtLeast("--max-model-bytes", options.models.max_bytes, 0);
  problems.AtLeast("--max-models-per-tenant", options.models.max_models_per_tenant, 0);
  problems.AtLeast("--max-model-bytes-per-tenant", options.models.max_bytes_per_tenant, 0);
  problems.AtLeast("--max-exercises", options.exercises.max_exercises, 0);
  problems.AtLeast("--max-exercise-bytes", options.exercises.max_bytes, 0);
  problems.AtLeast("--max-exercises-per-tenant", options.exercises.max_exercises_per_tenant, 0);
  problems.AtLeast("--max-exercise-bytes-per-tenant", options.exercises.max_bytes_per_tenant, 0);
  problems.AtLeast("--max-exercise-values", options.api.max_exercise_values, 1);
  problems.AtLeast("--max-parameters", options.api.model.max_parameters, 1);
  problems.AtLeast("--max-layers", options.api.model.max_layers, 1);
  problems.AtLeast("--max-hidden-size", options.api.model.max_hidden_size, 1);
}

}  // namespace

ParsedOptions ParseOptions(int argc, const char* const* argv) {
  Options options;
  options.scheduler.worker_count =
      static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  CLI::App app("Keeps recurrent cells as sessions and steps them, over gRPC.", "cellar-server");
  app.footer(
      "BYTES may have a unit: 512KiB, 4MiB, 1GiB. DURATION has units: 90s, 15m, 1h30m. A flag "
      "counts more than its environment variable, that more than the file.\n\n"
      "`cellar-server make-token` makes a token for the file of --identities; see its --help.\n\n"
      "Examples:\n"
      "  cellar-server\n"
      "  cellar-server --data-dir data --metrics-address 127.0.0.1:9090\n"
      "  cellar-server --listen 0.0.0.0:50051 --identities identities --tls-cert server.pem "
      "--tls-key server.key\n\n"
      "Exit codes:\n"
      "  0  drained after SIGTERM or SIGINT\n"
      "  1  could not start\n"
      "  2  bad usage, or a file of identities or TLS that cannot be used");
  app.set_version_flag("--version", BuildText("cellar-server"),
                       "Print which build this is, and exit.");
  app.set_config("--config", "", "File with lines like max-sessions = 1000.");
  app.config_formatter(std::make_shared<FlagFile>(app));
  Flags flags(app);
  AddOptionFlags(options, flags);
  const std::vector<std::string> given(argv + std::min(argc, 1), argv + argc);
  try {
    std::vector<std::string> arguments = Arguments(app, given);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& why) {
    return Ended(app, why, given);
  }
  if (app.get_config_ptr()->count() > 0 && ConfigPath(app).empty()) {
    return {std::nullopt, "--config: it names no file\n", kBadUsage};
  }
  const absl::Status valid = ValidateOptions(options);
  if (valid.ok()) return {std::move(options), "", 0};
  return {std::nullopt, WithSources(app, std::string(valid.message()), given), kBadUsage};
}

absl::Status ValidateOptions(const Options& options) {
  OptionProblems problems;
  CheckServer(options, problems);
  CheckIdentity(options, problems);
  CheckWork(options, problems);
  CheckResources(options, problems);
  return problems.status();
}

bool IsSecure(const Options& options) {
  return options.server.tls.enabled() &&
         (!options.identities_path.empty() || !options.server.tls.client_ca_path.empty());
}

}  // namespace cellar
