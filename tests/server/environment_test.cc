#include "server/environment.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/api/kept_resources.h"
#include "tests/session/session_builder.h"
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
  EXPECT_EQ(status,
            absl::InvalidArgumentError("--identities: /nowhere/identities: cannot be read"));
}

TEST(Environment, NamesTheFileOnEachLineAboutItsIdentities) {
  FakeClock clock;
  Options options = OnAnyPort();
  options.identities_path = absl::StrCat(testing::TempDir(), "/cellar-identities-", getpid());
  std::ofstream(options.identities_path) << "nonsense\n\nnonsense\n";
  const absl::Status status = Environment::Create(options, clock).status();
  std::filesystem::remove(options.identities_path);
  const std::string place = absl::StrCat("--identities: ", options.identities_path, ": line ");
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_TRUE(absl::StartsWith(status.message(), place + "1 begins")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "\n" + place + "3 begins")) << status;
}

TEST(Environment, FailsToStartWithTlsFilesThatCannotBeUsed) {
  FakeClock clock;
  Options options = OnAnyPort();
  options.server.tls.certificate_path = "/nowhere/cert.pem";
  options.server.tls.key_path = "/nowhere/key.pem";
  const absl::Status status = Environment::Create(options, clock).status();
  EXPECT_TRUE(absl::StrContains(status.message(), "/nowhere/cert.pem")) << status;
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << "exit code 2";
}

TEST(Environment, WithADataDirTheNextRunHasWhatTheLastOneHad) {
  const std::string folder = absl::StrCat(testing::TempDir(), "/cellar-environment-", getpid());
  std::filesystem::remove_all(folder);
  FakeClock clock;
  Options options = OnAnyPort();
  options.data_dir = folder;
  for (const bool first : {true, false}) {
    auto environment = Environment::Create(options, clock);
    ASSERT_TRUE(environment.ok()) << environment.status();
    EXPECT_TRUE(absl::StrContains((*environment)->kept(), folder));
    Api& api = (*environment)->api();
    EXPECT_EQ(api.limits.default_durability, Durability::kPeriodic);
    EXPECT_EQ(api.sessions.session_count(), first ? 0 : 1);
    if (first) {
      ASSERT_TRUE(KeepModel(api, kDefaultTenant, HomeworkModel()).ok());
      SessionConfig config = ConfigOf("a", absl::Hours(1));
      config.pin = api.models.Pin({kDefaultTenant, "models/homework"}).value();
      config.model = config.pin.model();
      config.durability = Durability::kMemory;
      ASSERT_TRUE(api.sessions.Create(config, StartOf(config)).ok());
    }
    clock.Advance(absl::Seconds(1));
    EXPECT_TRUE((*environment)->Drain(absl::InfiniteDuration()));
  }
  std::filesystem::remove_all(folder);
}

TEST(Environment, FailsToStartOnADataDirThatCannotBeUsed) {
  FakeClock clock;
  Options options = OnAnyPort();
  options.data_dir = "/proc/nowhere";
  const absl::Status status = Environment::Create(options, clock).status();
  EXPECT_TRUE(absl::StrContains(status.message(), "--data-dir: the store in /proc/nowhere"))
      << status;
}

TEST(Environment, WithoutADataDirItSaysThatEverythingIsInMemory) {
  FakeClock clock;
  const auto environment = Environment::Create(OnAnyPort(), clock);
  ASSERT_TRUE(environment.ok());
  EXPECT_TRUE(absl::StrContains((*environment)->kept(), "in memory only"));
}

}  // namespace
}  // namespace cellar
