#include "server/option_flags.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(OptionFlags, EveryFlagStandsInAGroupThatSaysWhatItIsFor) {
  CLI::App app;
  Options options;
  Flags flags(app);
  AddOptionFlags(options, flags);
  EXPECT_THAT(app.get_groups(),
              testing::ElementsAre("Options", "Where it listens, and what it tells",  // --help
                                   "Who may call", "What survives a restart", "Sessions",
                                   "Models and exercises", "Steps, and who makes them",
                                   "Connections, streams and messages"));
  std::vector<std::string> ungrouped;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group() == "Options") ungrouped.push_back(option->get_name());
  }
  EXPECT_EQ(ungrouped, std::vector<std::string>{"--help"});
}

TEST(OptionFlags, EachPutsItsValueWhereItBelongs) {
  CLI::App app;
  Options options;
  Flags flags(app);
  AddOptionFlags(options, flags);
  std::vector<std::string> arguments = {"--listen=[::1]:7",
                                        "--port-file=p",
                                        "--drain-timeout=1s",
                                        "--max-calls-per-connection=2",
                                        "--max-transport-bytes=100MiB",
                                        "--busy-poll=3us",
                                        "--keepalive-interval=4s",
                                        "--keepalive-timeout=5s",
                                        "--workers=6",
                                        "--inline-cost=7",
                                        "--lone-cost=26",
                                        "--max-batch-rows=5",
                                        "--max-queued-steps=8",
                                        "--max-queued-steps-per-session=9",
                                        "--max-queued-steps-per-tenant=25",
                                        "--log-level=debug",
                                        "--max-streams-per-tenant=26",
                                        "--max-sessions-per-tenant=31",
                                        "--max-models-per-tenant=27",
                                        "--max-model-bytes-per-tenant=28",
                                        "--max-call-bytes=100MiB",
                                        "--max-call-bytes-per-tenant=30",
                                        "--max-steps-per-request=10",
                                        "--max-streams=11",
                                        "--max-message-bytes=12KiB",
                                        "--max-upload-bytes=13",
                                        "--max-sessions=14",
                                        "--max-session-bytes=15",
                                        "--default-ttl=16s",
                                        "--max-ttl=17s",
                                        "--tombstone-retention=18s",
                                        "--max-tombstones=19",
                                        "--max-models=20",
                                        "--max-model-bytes=21",
                                        "--max-parameters=22",
                                        "--max-layers=23",
                                        "--max-hidden-size=24",
                                        "--data-dir=d",
                                        "--checkpoint-steps=25",
                                        "--checkpoint-interval=26s",
                                        "--sleep-after=27s",
                                        "--max-session-bytes-per-tenant=32",
                                        "--max-exercises-per-tenant=33",
                                        "--max-exercise-bytes-per-tenant=34"};
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  app.parse(std::move(arguments));
  EXPECT_THAT(options.server.listen, testing::ElementsAre("[::1]:7"));
  EXPECT_EQ(options.port_file, "p");
  EXPECT_EQ(options.drain_timeout, absl::Seconds(1));
  EXPECT_EQ(options.server.max_calls_per_connection, 2);
  EXPECT_EQ(options.server.max_transport_bytes, 100 * 1024 * 1024);
  EXPECT_EQ(options.server.busy_poll, absl::Microseconds(3));
  EXPECT_EQ(options.server.keepalive_interval, absl::Seconds(4));
  EXPECT_EQ(options.server.keepalive_timeout, absl::Seconds(5));
  EXPECT_EQ(options.scheduler.worker_count, 6);
  EXPECT_EQ(options.scheduler.inline_cost, 7);
  EXPECT_EQ(options.scheduler.lone_cost, 26);
  EXPECT_EQ(options.scheduler.max_batch_rows, 5);
  EXPECT_EQ(options.scheduler.max_queued_steps, 8);
  EXPECT_EQ(options.scheduler.max_queued_steps_per_session, 9);
  EXPECT_EQ(options.scheduler.max_queued_steps_per_tenant, 25);
  EXPECT_EQ(options.log_level, LogLevel::kDebug);
  EXPECT_EQ(options.api.max_streams_per_tenant, 26);
  EXPECT_EQ(options.sessions.max_sessions_per_tenant, 31);
  EXPECT_EQ(options.sessions.max_bytes_per_tenant, 32);
  EXPECT_EQ(options.exercises.max_exercises_per_tenant, 33);
  EXPECT_EQ(options.exercises.max_bytes_per_tenant, 34);
  EXPECT_EQ(options.models.max_models_per_tenant, 27);
  EXPECT_EQ(options.models.max_bytes_per_tenant, 28);
  EXPECT_EQ(options.api.max_call_bytes, 100 * 1024 * 1024);
  EXPECT_EQ(options.api.max_call_bytes_per_tenant, 30);
  EXPECT_EQ(options.api.max_steps_per_request, 10);
  EXPECT_EQ(options.api.max_streams, 11);
  EXPECT_EQ(options.api.max_message_bytes, 12 * 1024);
  EXPECT_EQ(options.api.max_upload_bytes, 13);
  EXPECT_EQ(options.sessions.max_sessions, 14);
  EXPECT_EQ(options.sessions.max_bytes, 15);
  EXPECT_EQ(options.api.default_ttl, absl::Seconds(16));
  EXPECT_EQ(options.api.max_ttl, absl::Seconds(17));
  EXPECT_EQ(options.sessions.tombstone_retention, absl::Seconds(18));
  EXPECT_EQ(options.sessions.max_tombstones, 19);
  EXPECT_EQ(options.models.max_models, 20);
  EXPECT_EQ(options.models.max_bytes, 21);
  EXPECT_EQ(options.api.model.max_parameters, 22);
  EXPECT_EQ(options.api.model.max_layers, 23);
  EXPECT_EQ(options.api.model.max_hidden_size, 24);
  EXPECT_EQ(options.data_dir, "d");
  EXPECT_EQ(options.keeping.checkpoint_steps, 25);
  EXPECT_EQ(options.keeping.checkpoint_interval, absl::Seconds(26));
  EXPECT_EQ(options.sessions.sleep_after, absl::Seconds(27));
}

TEST(OptionFlags, WhatIsGivenGoesToItsPlaceAndTheRestStays) {
  CLI::App app;
  Options options;
  options.sessions.max_sessions = 7;
  Flags flags(app);
  AddOptionFlags(options, flags);
  app.parse("--max-models 3");
  EXPECT_EQ(options.models.max_models, 3);
  EXPECT_EQ(options.sessions.max_sessions, 7);
  EXPECT_EQ(app.get_option("--max-sessions")->get_default_str(), "7");
}

}  // namespace
}  // namespace cellar
