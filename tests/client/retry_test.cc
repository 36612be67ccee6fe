#include "client/retry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "client/call_status.h"
#include "tests/client/fake_session_service.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

absl::Status Bare(grpc::StatusCode code) { return FromCall(grpc::Status(code, "cut")); }

absl::Status Decided(grpc::StatusCode code, const std::string& reason) {
  return FromCall(CellarStatus(code, reason));
}

TEST(ShouldRetryTest, ABrokenConnectionIsRetriedIfRepeatingIsSafe) {
  for (const auto code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::INTERNAL, grpc::StatusCode::CANCELLED}) {
    EXPECT_TRUE(ShouldRetry(Bare(code), Repeat::kSafe)) << code;
    EXPECT_FALSE(ShouldRetry(Bare(code), Repeat::kUnsafe)) << code;
  }
}

TEST(ShouldRetryTest, NothingAppliedAndPassingIsRetriedWhateverTheCall) {
  EXPECT_TRUE(ShouldRetry(Decided(grpc::StatusCode::UNAVAILABLE, "DRAINING"), Repeat::kUnsafe));
  EXPECT_TRUE(ShouldRetry(Decided(grpc::StatusCode::RESOURCE_EXHAUSTED, "STEP_QUEUE_LIMIT"),
                          Repeat::kUnsafe));
}

TEST(ShouldRetryTest, WhatTheServerDecidedIsFinal) {
  EXPECT_FALSE(ShouldRetry(absl::OkStatus(), Repeat::kSafe));
  EXPECT_FALSE(ShouldRetry(Decided(grpc::StatusCode::INTERNAL, "INTERNAL"), Repeat::kSafe));
  EXPECT_FALSE(ShouldRetry(Decided(grpc::StatusCode::ABORTED, "STEP_CONFLICT"), Repeat::kSafe));
  EXPECT_FALSE(
      ShouldRetry(Decided(grpc::StatusCode::RESOURCE_EXHAUSTED, "SESSION_LIMIT"), Repeat::kSafe));
  EXPECT_FALSE(ShouldRetry(Bare(grpc::StatusCode::DEADLINE_EXCEEDED), Repeat::kSafe));
  EXPECT_FALSE(ShouldRetry(Bare(grpc::StatusCode::UNIMPLEMENTED), Repeat::kSafe));
}

TEST(ShouldRetryTest, AnErrorMadeHereIsNoBrokenConnection) {
  EXPECT_FALSE(IsBrokenTransport(absl::UnavailableError("made by hand")));
  EXPECT_FALSE(IsBrokenTransport(absl::OkStatus()));
}

TEST(RetryDelayTest, GrowsByTheMultiplierUpToTheMaximum) {
  const RetryPolicy policy{.max_attempts = 9,
                           .initial_delay = absl::Milliseconds(100),
                           .multiplier = 3,
                           .max_delay = absl::Seconds(1),
                           .jitter = 0};
  EXPECT_EQ(RetryDelay(policy, 1, 0.5), absl::Milliseconds(100));
  EXPECT_EQ(RetryDelay(policy, 2, 0.5), absl::Milliseconds(300));
  EXPECT_EQ(RetryDelay(policy, 3, 0.5), absl::Milliseconds(900));
  EXPECT_EQ(RetryDelay(policy, 4, 0.5), absl::Seconds(1));
  EXPECT_EQ(RetryDelay(policy, 1000, 0.5), absl::Seconds(1));
}

TEST(RetryDelayTest, JitterSpreadsAroundTheDelay) {
  const RetryPolicy policy{.initial_delay = absl::Seconds(1), .jitter = 0.25};
  EXPECT_EQ(RetryDelay(policy, 1, 0.0), absl::Milliseconds(750));
  EXPECT_EQ(RetryDelay(policy, 1, 0.5), absl::Seconds(1));
  EXPECT_LT(RetryDelay(policy, 1, 0.999), absl::Milliseconds(1250));
  EXPECT_GT(RetryDelay(policy, 1, 0.999), absl::Milliseconds(1249));
}

TEST(RetryDelayTest, TheServersDelayIsTheLeastUpToTheMaximum) {
  const RetryPolicy policy{
      .initial_delay = absl::Seconds(1), .max_delay = absl::Seconds(5), .jitter = 0};
  EXPECT_EQ(RetryDelay(policy, 1, 0.5, absl::Seconds(3)), absl::Seconds(3));
  EXPECT_EQ(RetryDelay(policy, 1, 0.5, absl::Milliseconds(3)), absl::Seconds(1));
  EXPECT_EQ(RetryDelay(policy, 1, 0.5, absl::Hours(3)), absl::Seconds(5));
}

TEST(RandomFractionTest, StaysInItsRange) {
  for (int i = 0; i < 1000; ++i) {
    const double fraction = RandomFraction();
    EXPECT_GE(fraction, 0.0);
    EXPECT_LT(fraction, 1.0);
  }
}

class RunWithRetryTest : public ::testing::Test {
 protected:
  // Runs attempts that answer `statuses` one after the other.
  absl::Status Run(std::vector<absl::Status> statuses, Repeat repeat) {
    return RunWithRetry(
        policy_, repeat, [&] { return statuses.at(static_cast<size_t>(attempts_++)); },
        [this](absl::Duration delay) { sleeps_.push_back(delay); });
  }

  RetryPolicy policy_{.max_attempts = 3, .initial_delay = absl::Seconds(1), .jitter = 0};
  int attempts_ = 0;
  std::vector<absl::Duration> sleeps_;
};

TEST_F(RunWithRetryTest, StopsAtTheFirstSuccess) {
  const auto cut = Bare(grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Run({cut, absl::OkStatus()}, Repeat::kSafe).ok());
  EXPECT_EQ(attempts_, 2);
  EXPECT_THAT(sleeps_, ElementsAre(absl::Seconds(1)));
}

TEST_F(RunWithRetryTest, ReturnsTheLastStatusWhenUsedUp) {
  const auto cut = Bare(grpc::StatusCode::UNAVAILABLE);
  const auto last = Bare(grpc::StatusCode::INTERNAL);
  EXPECT_EQ(Run({cut, cut, last}, Repeat::kSafe), last);
  EXPECT_THAT(sleeps_, ElementsAre(absl::Seconds(1), absl::Seconds(2)));
}

TEST_F(RunWithRetryTest, DoesNotRepeatWhatMustNotBe) {
  EXPECT_FALSE(Run({Bare(grpc::StatusCode::UNAVAILABLE)}, Repeat::kUnsafe).ok());
  EXPECT_EQ(attempts_, 1);
  EXPECT_THAT(sleeps_, IsEmpty());
}

}  // namespace
}  // namespace cellar
