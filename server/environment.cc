#include "server/environment.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/api/kept_resources.h"
#include "server/base/status_macros.h"
#include "server/operations/metrics_page.h"
#include "server/operations/process_metrics.h"
#include "server/server_metrics.h"
#include "server/session/session_restorer.h"
#include "server/store/rocksdb_store.h"

namespace cellar {
namespace {

constexpr int kServiceUnavailable = 503;  // of HTTP

ApiLimits LimitsOf(const Options& options) {
  ApiLimits limits = options.api;
  if (!options.data_dir.empty()) limits.default_durability = Durability::kPeriodic;
  return limits;
}

// Takes what the store and its keeper have to tell the operator.
std::function<void(const std::string&)> StoreLog(Log& log) {
  return [&log](const std::string& line) {
    log.Write(LogLevel::kWarning, "store", {{"message", line}});
  };
}

// At the start nobody is known yet, and the file is a value like any other flag's.
absl::Status UnusableIdentities(const std::string& path, const absl::Status& why) {
  const std::string place = absl::StrCat("--identities: ", path, ": ");
  if (absl::IsUnavailable(why)) return absl::InvalidArgumentError(place + "cannot be read");
  return absl::InvalidArgumentError(
      absl::StrCat(place, absl::StrReplaceAll(why.message(), {{"\n", "\n" + place}})));
}

absl::StatusOr<std::unique_ptr<RecordStore>> OpenStore(const std::string& data_dir, Log& log) {
  auto opened = OpenRocksdbStore(data_dir, StoreLog(log));
  if (opened.ok()) return opened;
  return absl::Status(opened.status().code(),
                      absl::StrCat("--data-dir: ", opened.status().message()));
}

}  // namespace

Environment::Environment(const Options& options, Clock& clock, Log& log,
                         std::unique_ptr<TimedStore> store)
    : store_(std::move(store)),
      writer_(store_ == nullptr ? nullptr : std::make_unique<GroupWriter>(*store_)),
      keeper_(store_ == nullptr ? nullptr
                                : std::make_unique<SessionKeeper>(*store_, *writer_, clock,
                                                                  options.keeping, StoreLog(log))),
      clock_(clock),
      log_(log),
      identities_(options.identities_path),
      watcher_(identities_,
               [&log](const std::string& line) {
                 log.Write(LogLevel::kWarning, "identities", {{"message", line}});
               }),
      models_(options.models),
      sessions_(options.sessions, clock, keeper_.get()),
      exercises_(options.exercises),
      reaper_(sessions_, clock, keeper_.get()),
      call_bytes_({options.api.max_call_bytes_per_tenant, options.api.max_call_bytes}),
      scheduler_(options.scheduler, clock),
      api_{clock,       models_,           sessions_,     exercises_,   scheduler_,
           call_bytes_, LimitsOf(options), writer_.get(), keeper_.get()},
      call_book_(api_.counts, log, clock, sessions_.epoch()) {
  AddServerMetrics(api_, options, metrics_);
  metrics_.AddFamily("cellar_calls_total", "Calls that ended, by method and code.",
                     MetricKind::kCounter, [this] { return call_book_.Ended(); });
  metrics_.AddGauge("cellar_calls", "Calls in flight.", [this] {
    const Server* const server = started_server_.load();
    return server == nullptr ? 0 : static_cast<double>(server->call_count());
  });
  metrics_.AddGauge("cellar_call_bytes", "Bytes that calls in flight hold.",
                    [this] { return static_cast<double>(call_bytes_.total()); });
  metrics_.AddGauge("cellar_call_bytes_limit", "What a flag allows at most.",
                    [limit = static_cast<double>(options.api.max_call_bytes)] { return limit; });
  if (store_ != nullptr) AddStoreMetrics(*store_, metrics_);
  AddProcessMetrics(metrics_);
}

absl::StatusOr<std::unique_ptr<Environment>> Environment::Create(const Options& options,
                                                                 Clock& clock, Log& log) {
  std::unique_ptr<TimedStore> store;
  if (!options.data_dir.empty()) {
    CELLAR_ASSIGN_OR_RETURN(auto opened, OpenStore(options.data_dir, log));
    store = std::make_unique<TimedStore>(std::move(opened), clock);
  }
  std::unique_ptr<Environment> environment(new Environment(options, clock, log, std::move(store)));
  environment->kept_ = "everything is in memory only (no --data-dir)";
  if (environment->store_ != nullptr) {
    CELLAR_RETURN_IF_ERROR(environment->Restore());
    environment->kept_ = absl::StrCat("kept in ", options.data_dir, environment->kept_);
  }
  environment->reaper_.Start();
  const absl::Status known = environment->identities_.Reload().status();
  if (!known.ok()) return UnusableIdentities(options.identities_path, known);
  environment->watcher_.Start();
  if (!options.metrics_address.empty()) {
    CELLAR_ASSIGN_OR_RETURN(
        environment->operator_server_,
        OperatorServer::Start(options.metrics_address, environment->OperatorPages()));
  }
  ServerOptions server = options.server;
  server.tls.report = [&log](const std::string& line) {
    log.Write(LogLevel::kWarning, "tls", {{"message", line}});
  };
  CELLAR_ASSIGN_OR_RETURN(
      environment->server_,
      Server::Start(server, environment->api_, environment->identities_, &environment->call_book_));
  environment->started_server_.store(environment->server_.get());
  environment->ready_.store(true);
  return environment;
}

absl::Status Environment::Restore() {
  CELLAR_ASSIGN_OR_RETURN(const bool ended_in_order, keeper_->BeginRun(sessions_.epoch()));
  CELLAR_ASSIGN_OR_RETURN(const int64_t model_count, RestoreModels(*store_, api_));
  CELLAR_ASSIGN_OR_RETURN(const int64_t exercise_count, RestoreExercises(*store_, api_));
  CELLAR_ASSIGN_OR_RETURN(
      const RestoredSessions sessions,
      RestoreSessions(*store_, *keeper_, models_, clock_, ended_in_order, sessions_));
  kept_ = absl::StrCat(": ", model_count, " models, ", exercise_count, " exercises, ",
                       sessions.session_count, " sessions",
                       ended_in_order ? "" : "; the run before ended without draining");
  if (sessions.lost_count > 0) {
    absl::StrAppend(&kept_, "; ", sessions.lost_count, " sessions of durability MEMORY are lost");
  }
  if (sessions.damaged_count > 0) {
    absl::StrAppend(&kept_, "; ", sessions.damaged_count, " sessions are damaged");
  }
  return absl::OkStatus();
}

absl::Status Environment::Keep() {
  scheduler_.Drain();  // nobody works on sessions any more
  CELLAR_RETURN_IF_ERROR(sessions_.KeepAll());
  return keeper_->EndRun(sessions_.epoch());
}

OperatorServer::Pages Environment::OperatorPages() const {
  OperatorServer::Pages pages;
  pages["/metrics"] = [this] {
    return OperatorPage{.text = MetricsPage(metrics_.Collect()), .type = kMetricsPageType};
  };
  pages["/readyz"] = [this] {
    return ready_.load() ? OperatorPage{.text = "ready\n"}
                         : OperatorPage{.code = kServiceUnavailable, .text = "not ready\n"};
  };
  pages["/livez"] = [] { return OperatorPage{.text = "alive\n"}; };
  return pages;
}

std::string Environment::metrics_address() const {
  return operator_server_ == nullptr ? "" : operator_server_->address();
}

bool Environment::Drain(absl::Duration timeout) {
  ready_.store(false);
  const bool drained = server_->Drain(timeout);
  if (keeper_ == nullptr || std::exchange(ended_, true)) return drained;
  const absl::Status kept = Keep();
  if (!kept.ok()) {
    log_.Write(LogLevel::kError, "not-everything-is-kept", {{"message", kept.message()}});
  }
  return drained;
}

}  // namespace cellar
