#include "server/environment.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

Options OnAnyPort() {
  Options options;
  options.server.listen = {"127.0.0.1:0"};
  return options;
}

TEST(Environment, ServesUntilItIsDrained) {
  FakeClock clock;
  auto environment = Environment::Create(OnAnyPort(), clock);
  ASSERT_TRUE(environment.ok()) << environment.status();
  EXPECT_EQ((*environment)->addresses().size(), 1u);
  EXPECT_TRUE((*environment)->Drain(absl::InfiniteDuration()));
  EXPECT_TRUE((*environment)->Drain(absl::InfiniteDuration()));  // again: nothing to do
}

TEST(Environment, HandsEveryLimitToItsPart) {
  FakeClock clock;
  Options options = OnAnyPort();
  options.api.max_streams = 7;
  options.sessions.max_sessions = 0;
  options.models.max_models = 0;
  auto environment = Environment::Create(options, clock);
  ASSERT_TRUE(environment.ok()) << environment.status();
  EXPECT_EQ((*environment)->api().limits.max_streams, 7);
  EXPECT_EQ((*environment)->api().sessions.session_count(), 0);
}

TEST(Environment, AnswersMetricsOnlyWhereItIsTold) {
  FakeClock clock;
  auto without = Environment::Create(OnAnyPort(), clock);
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_EQ((*without)->metrics_address(), "");
  Options options = OnAnyPort();
  options.metrics_address = "127.0.0.1:0";
  auto with = Environment::Create(options, clock);
  ASSERT_TRUE(with.ok()) << with.status();
  options.metrics_address = (*with)->metrics_address();
  const absl::Status taken = Environment::Create(options, clock).status();
  EXPECT_EQ(taken.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(taken.message(), options.metrics_address)) << taken;
}

TEST(Environment, FailsToStartOnAnAddressThatIsTaken) {
  FakeClock clock;
  auto first = Environment::Create(OnAnyPort(), clock);
  ASSERT_TRUE(first.ok()) << first.status();
  Options options;
  options.server.listen = (*first)->addresses();
  const auto second = Environment::Create(options, clock);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(second.status().message(), (*first)->addresses()[0]));
}

TEST(Environment, FailsToStartWithIdentitiesThatCannotBeRead) {
  FakeClock clock;
  Options options = OnAnyPort();
  options.identities_path = "/nowhere/identities";
  const absl::Status status = Environment::Create(options, clock).status();
  EXPECT_TRUE(absl::StrContains(status.message(), "/nowhere/identities")) << status;
}

TEST(Environment, FailsToStartWithTlsFilesThatCannotBeUsed) {
  FakeClock clock;
  Options options = OnAnyPort();
  options.server.tls.certificate_path = "/nowhere/cert.pem";
  options.server.tls.key_path = "/nowhere/key.pem";
  const absl::Status status = Environment::Create(options, clock).status();
  EXPECT_TRUE(absl::StrContains(status.message(), "/nowhere/cert.pem")) << status;
}

}  // namespace
}  // namespace cellar
