#include "server/environment.h"

#include <string>
#include <utility>

#include "server/base/status_macros.h"
#include "server/operations/metrics_page.h"
#include "server/operations/process_metrics.h"
#include "server/server_metrics.h"

namespace cellar {
namespace {

constexpr int kServiceUnavailable = 503;  // of HTTP

}  // namespace

Environment::Environment(const Options& options, Clock& clock, Log& log)
    : identities_(options.identities_path),
      watcher_(identities_,
               [&log](const std::string& line) {
                 log.Write(LogLevel::kWarning, "identities", {{"message", line}});
               }),
      models_(options.models),
      sessions_(options.sessions, clock),
      exercises_(options.exercises),
      reaper_(sessions_, clock),
      scheduler_(options.scheduler, clock),
      api_{clock, models_, sessions_, exercises_, scheduler_, options.api},
      call_book_(api_.counts, log, clock, sessions_.epoch()) {
  AddServerMetrics(api_, options, metrics_);
  metrics_.AddFamily("cellar_calls_total", "Calls that ended, by method and code.",
                     MetricKind::kCounter, [this] { return call_book_.Ended(); });
  metrics_.AddGauge("cellar_calls", "Calls in flight.", [this] {
    const Server* const server = started_server_.load();
    return server == nullptr ? 0 : static_cast<double>(server->call_count());
  });
  metrics_.AddGauge("cellar_call_bytes", "Bytes that calls in flight hold.", [this] {
    const Server* const server = started_server_.load();
    return server == nullptr ? 0 : static_cast<double>(server->call_bytes());
  });
  metrics_.AddGauge("cellar_call_bytes_limit", "What a flag allows at most.",
                    [limit = static_cast<double>(options.server.max_call_bytes)] { return limit; });
  AddProcessMetrics(metrics_);
  reaper_.Start();
}

absl::StatusOr<std::unique_ptr<Environment>> Environment::Create(const Options& options,
                                                                 Clock& clock, Log& log) {
  std::unique_ptr<Environment> environment(new Environment(options, clock, log));
  CELLAR_RETURN_IF_ERROR(environment->identities_.Reload().status());
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
  return server_->Drain(timeout);
}

}  // namespace cellar
