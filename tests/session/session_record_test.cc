#include "server/session/session_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "server/base/error.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

const std::string kKey = "s/default/sessions/a";

StoredSession Example() {
  SessionConfig config = ConfigOf("a", absl::Hours(2));
  config.durability = Durability::kEveryStep;
  config.replay_window_requests = 2;
  config.labels = {{"a", "1"}, {"b", ""}};
  config.initial_state = ScalarState(0.25f, -1);
  config.numerics.rounding = Rounding::kNearestTiesToZero;
  config.create_time = FakeClock::Start();
  SessionProgress progress = StartOf(config);
  for (int i = 0; i < 3; ++i) progress = After(std::move(progress), {1.0f, static_cast<float>(i)});
  return {std::move(config),
          std::move(progress),
          {FakeClock::Start() + absl::Nanoseconds(1), FakeClock::Start() + absl::Seconds(3)}};
}

std::string Written(const StoredSession& session) {
  return WriteSessionRecord(session.config, session.progress, session.times);
}

TEST(SessionRecord, ASessionComesBackAsItWent) {
  const StoredSession session = Example();
  const auto read = ReadSessionRecord(kKey, Written(session), HomeworkPin());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->config.tenant, session.config.tenant);
  EXPECT_EQ(read->config.name, session.config.name);
  EXPECT_EQ(read->config.durability, session.config.durability);
  EXPECT_EQ(read->config.ttl, session.config.ttl);
  EXPECT_EQ(read->config.labels, session.config.labels);
  EXPECT_EQ(read->config.replay_window_requests, 2);
  EXPECT_EQ(read->config.numerics.rounding, Rounding::kNearestTiesToZero);
  EXPECT_EQ(read->config.create_time, session.config.create_time);
  EXPECT_EQ(read->config.initial_state, session.config.initial_state);
  EXPECT_EQ(read->progress.state, session.progress.state);
  EXPECT_EQ(read->progress.next_step, 6);
  EXPECT_EQ(read->times.update_time, session.times.update_time);
  EXPECT_EQ(read->times.unused_since, session.times.unused_since);
  ASSERT_EQ(read->progress.window.entry_count(), 2);
  for (int64_t i = 0; i < 2; ++i) {
    const ReplayEntry& was = session.progress.window.entry(i);
    const ReplayEntry& is = read->progress.window.entry(i);
    EXPECT_EQ(is.first_step, was.first_step);
    EXPECT_EQ(is.step_count, was.step_count);
    EXPECT_EQ(is.state_before, was.state_before);
    EXPECT_EQ(is.inputs, was.inputs);
  }
  // And so it is charged the same, and written the same.
  EXPECT_EQ(SessionBytes(read->config, read->progress),
            SessionBytes(session.config, session.progress));
  EXPECT_EQ(Written(*read), Written(session));
}

TEST(SessionRecord, TheHeadTellsWhoseItIsAndWhenItEnds) {
  const auto head = ReadSessionHead(kKey, Written(Example()));
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->tenant, kDefaultTenant);
  EXPECT_EQ(head->name, "sessions/a");
  EXPECT_EQ(head->model, "models/homework");
  EXPECT_EQ(head->durability, Durability::kEveryStep);
  EXPECT_EQ(head->ttl, absl::Hours(2));
  EXPECT_EQ(head->times.unused_since, FakeClock::Start() + absl::Seconds(3));
}

TEST(SessionRecord, AnInfiniteTtlStaysInfinite) {
  StoredSession session = Example();
  session.config.ttl = absl::InfiniteDuration();
  EXPECT_EQ(ReadSessionHead(kKey, Written(session))->ttl, absl::InfiniteDuration());
}

TEST(SessionRecord, WhatEndsTooEarlyIsRefused) {
  const std::string payload = Written(Example());
  for (size_t size = 0; size < payload.size(); ++size) {
    EXPECT_FALSE(ReadSessionRecord(kKey, payload.substr(0, size), HomeworkPin()).ok()) << size;
  }
  EXPECT_FALSE(ReadSessionRecord(kKey, payload + "x", HomeworkPin()).ok());
}

TEST(SessionRecord, AWindowLargerThanAnyIsRefused) {
  StoredSession session = Example();
  session.config.replay_window_requests = ReplayWindow::kMostRequests;
  EXPECT_TRUE(ReadSessionRecord(kKey, Written(session), HomeworkPin()).ok());
  for (const int64_t requests : {ReplayWindow::kMostRequests + 1, int64_t{-1}}) {
    session.config.replay_window_requests = requests;
    const auto read = ReadSessionRecord(kKey, Written(session), HomeworkPin());
    EXPECT_EQ(GetErrorReason(read.status()), "RECORD_CORRUPT") << requests;
  }
}

// The envelope's checksum finds them all; without it, what is read must still be a session or an
// error.
TEST(SessionRecord, ChangedBytesGiveASessionOrAnErrorAndNothingElse) {
  const std::string payload = Written(Example());
  std::mt19937_64 random(7);
  for (int i = 0; i < 5000; ++i) {
    std::string changed = payload;
    for (int k = 0; k < 3; ++k) changed[random() % changed.size()] = static_cast<char>(random());
    const auto read = ReadSessionRecord(kKey, changed, HomeworkPin());
    if (read.ok()) {
      EXPECT_GT(SessionBytes(read->config, read->progress), 0);
    }
  }
}

TEST(SessionRecord, AnotherModelIsRefused) {
  ModelRegistry registry{{}};
  const auto other = registry.Add(kDefaultTenant, RandomModel(3)).value();
  const auto read = ReadSessionRecord(kKey, Written(Example()),
                                      registry.Pin({kDefaultTenant, other->name()}).value());
  EXPECT_EQ(GetErrorReason(read.status()), "MODEL_MISMATCH");
}

}  // namespace
}  // namespace cellar
