#include "server/server_metrics.h"

#include <cstdint>
#include <string>

#include "server/build_info.h"
#include "server/rpc/accept_guard.h"

namespace cellar {
namespace {

double AsDouble(int64_t value) { return static_cast<double>(value); }

// A cap: what the gauge of the same name without "_limit" may become.
void AddLimit(Metrics& metrics, const std::string& name, int64_t limit) {
  metrics.AddGauge(name, "What a flag allows at most.", [limit] { return AsDouble(limit); });
}

void AddSessions(const SessionTable& sessions, const SessionTable::Limits& limits,
                 Metrics& metrics) {
  metrics.AddGauge("cellar_sessions", "Sessions, by state.",
                   [&sessions] { return AsDouble(sessions.awake_count()); }, {{"state", "awake"}});
  metrics.AddGauge(
      "cellar_sessions", "Sessions, by state.",
      [&sessions] { return AsDouble(sessions.session_count() - sessions.awake_count()); },
      {{"state", "asleep"}});
  AddLimit(metrics, "cellar_sessions_limit", limits.max_sessions);
  metrics.AddGauge("cellar_session_bytes", "Bytes of states, replay windows and inputs.",
                   [&sessions] { return AsDouble(sessions.used_bytes()); });
  AddLimit(metrics, "cellar_session_bytes_limit", limits.max_bytes);
  const SessionTable::Counts& counts = sessions.counts();
  metrics.AddCounter("cellar_sessions_created_total", "Sessions created.", counts.created);
  const char* const ended = "cellar_sessions_ended_total";
  const char* const ended_help = "Sessions ended, by cause.";
  metrics.AddCounter(ended, ended_help, counts.expired, {{"cause", "expired"}});
  metrics.AddCounter(ended, ended_help, counts.deleted, {{"cause", "deleted"}});
}

void AddModels(const ModelRegistry& models, const ModelRegistry::Limits& limits, Metrics& metrics) {
  metrics.AddGauge("cellar_models", "Models.",
                   [&models] { return AsDouble(models.Look().models); });
  AddLimit(metrics, "cellar_models_limit", limits.max_models);
  metrics.AddGauge("cellar_model_bytes", "Bytes of weights, as they are kept.",
                   [&models] { return AsDouble(models.Look().bytes); });
  AddLimit(metrics, "cellar_model_bytes_limit", limits.max_bytes);
}

void AddWork(const Scheduler& scheduler, const Scheduler::Options& options, Metrics& metrics) {
  metrics.AddGauge("cellar_tasks", "Tasks that wait or run.",
                   [&scheduler] { return AsDouble(scheduler.Look().tasks); });
  metrics.AddGauge("cellar_queued_steps", "Steps that wait for a worker or their turn.",
                   [&scheduler] { return AsDouble(scheduler.Look().queued_steps); });
  AddLimit(metrics, "cellar_queued_steps_limit", options.max_queued_steps);
  metrics.AddGauge("cellar_busy_workers", "Workers that work.",
                   [&scheduler] { return AsDouble(scheduler.Look().busy_workers); });
  AddLimit(metrics, "cellar_workers", options.worker_count);
  metrics.AddHistogram("cellar_queue_seconds", "How long tasks waited for a worker.",
                       scheduler.queue_seconds());
  metrics.AddHistogram("cellar_compute_seconds",
                       "How long workers took for a task, or in a batch of sessions from the end "
                       "of one's steps to that of another's; tasks made at once are a sample of 1 "
                       "in 64, counted 64 times.",
                       scheduler.compute_seconds());
  metrics.AddHistogram("cellar_batch_rows",
                       "How many sessions a worker stepped together, at each step.",
                       scheduler.batch_rows());
}

}  // namespace

void AddServerMetrics(const Api& api, const Options& options, Metrics& metrics) {
  const BuildInfo build = ThisBuild();
  metrics.AddGauge("cellar_build_info", "Always 1; the labels tell the build.", [] { return 1.0; },
                   {{"version", std::string(build.version)},
                    {"commit", std::string(build.commit)},
                    {"compiler", std::string(build.compiler)}});
  AddSessions(api.sessions, options.sessions, metrics);
  AddModels(api.models, options.models, metrics);
  AddWork(api.scheduler, options.scheduler, metrics);
  metrics.AddGauge("cellar_open_streams", "Open streams of every kind.",
                   [&api] { return AsDouble(api.open_streams.total()); });
  AddLimit(metrics, "cellar_open_streams_limit", options.api.max_streams);
  metrics.AddCounter("cellar_turned_away_connections_total",
                     "Connections closed at once, as few descriptors were left.",
                     TurnedAwayConnections());
  const ApiCounts& counts = api.counts;
  metrics.AddCounter("cellar_steps_total", "Steps, made or answered once more.", counts.steps,
                     {{"outcome", "made"}});
  metrics.AddCounter("cellar_steps_total", "", counts.repeated_steps, {{"outcome", "repeated"}});
  metrics.AddCounter("cellar_messages_total",
                     "Answered requests to step: Step calls, stream messages, items of batches.",
                     counts.messages);
  metrics.AddHistogram("cellar_batch_items", "Items of each BatchStep.", counts.batch_items);
  metrics.AddCounters("cellar_refusals_total",
                      "Calls, and items of batches, that failed, by reason.", counts.failures,
                      "reason");
}

void AddStoreMetrics(const TimedStore& store, Metrics& metrics) {
  const char* const name = "cellar_store_seconds";
  metrics.AddHistogram(name, "How long the store took, by operation.", store.read_seconds(),
                       {{"operation", "read"}});
  metrics.AddHistogram(name, "", store.write_seconds(), {{"operation", "write"}});
  metrics.AddHistogram(name, "", store.sync_seconds(), {{"operation", "sync"}});
}

}  // namespace cellar
