#include "server/api/convert_session.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/fault_store.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

SessionSettings Read(const v1::Session& message, FieldViolations& violations) {
  return ReadSettings(message, ApiLimits{}, violations);
}

google::protobuf::Duration DurationOf(int64_t seconds, int32_t nanos = 0) {
  google::protobuf::Duration message;
  message.set_seconds(seconds);
  message.set_nanos(nanos);
  return message;
}

TEST(ConvertSessionTest, SettingsLeftOutHaveTheirDefaults) {
  FieldViolations violations;
  const SessionSettings settings = Read({}, violations);
  EXPECT_THAT(violations, IsEmpty());
  EXPECT_EQ(settings.durability, Durability::kMemory);
  EXPECT_EQ(settings.ttl, absl::Hours(1));
  EXPECT_EQ(settings.replay_window_requests, 8);
  EXPECT_THAT(settings.labels, IsEmpty());
}

TEST(ConvertSessionTest, TheDefaultTtlIsNeverLongerThanTheLongest) {
  ApiLimits limits;
  limits.max_ttl = absl::Minutes(5);
  FieldViolations violations;
  EXPECT_EQ(ReadSettings({}, limits, violations).ttl, absl::Minutes(5));
}

TEST(ConvertSessionTest, SettingsAreTakenAsGiven) {
  v1::Session message;
  message.set_durability(v1::DURABILITY_PERIODIC);
  *message.mutable_ttl() = DurationOf(1, 500'000'000);
  message.set_replay_window(0);
  (*message.mutable_labels())["a.b_c-9"] = std::string(255, 'v');
  FieldViolations violations;
  const SessionSettings settings = Read(message, violations);
  EXPECT_THAT(violations, IsEmpty());
  EXPECT_EQ(settings.durability, Durability::kPeriodic);
  EXPECT_EQ(settings.ttl, absl::Milliseconds(1500));
  EXPECT_EQ(settings.replay_window_requests, 0);
  EXPECT_THAT(settings.labels, ElementsAre(Pair("a.b_c-9", std::string(255, 'v'))));
}

TEST(ConvertSessionTest, ATtlFromOneNanosecondToTheLongestIsAllowed) {
  FieldViolations violations;
  EXPECT_EQ(ReadTtl(DurationOf(0, 1), absl::Hours(1), "ttl", violations), absl::Nanoseconds(1));
  EXPECT_EQ(ReadTtl(DurationOf(3600), absl::Hours(1), "ttl", violations), absl::Hours(1));
  EXPECT_THAT(violations, IsEmpty());
}

TEST(ConvertSessionTest, AnyOtherTtlIsRefusedAndTheLongestNamed) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  const google::protobuf::Duration wrong[] = {
      DurationOf(0),     DurationOf(-1),         DurationOf(3600, 1),
      DurationOf(kMost), DurationOf(-kMost - 1), DurationOf(1, -1),
      DurationOf(-1, 1), DurationOf(0, -1),      DurationOf(1, 1'000'000'000)};
  for (const auto& message : wrong) {
    FieldViolations violations;
    ReadTtl(message, absl::Hours(1), "session.ttl", violations);
    ASSERT_EQ(violations.size(), 1) << message.ShortDebugString();
    EXPECT_EQ(violations[0].field, "session.ttl");
    EXPECT_THAT(violations[0].description, HasSubstr("1h"));
  }
}

TEST(ConvertSessionTest, AReplayWindowOutsideItsRangeIsRefused) {
  for (const int32_t window : {-1, 1025, std::numeric_limits<int32_t>::max()}) {
    v1::Session message;
    message.set_replay_window(window);
    FieldViolations violations;
    Read(message, violations);
    ASSERT_EQ(violations.size(), 1);
    EXPECT_EQ(violations[0].field, "session.replay_window");
    EXPECT_THAT(violations[0].description, HasSubstr("1024"));
  }
  v1::Session message;
  message.set_replay_window(1024);
  FieldViolations violations;
  EXPECT_EQ(Read(message, violations).replay_window_requests, 1024);
  EXPECT_THAT(violations, IsEmpty());
}

TEST(ConvertSessionTest, LabelsOutsideTheirRulesAreRefusedOneByOne) {
  v1::Session message;
  auto& labels = *message.mutable_labels();
  labels[""] = "a";
  labels["Upper"] = "a";
  labels["space here"] = "a";
  labels[std::string(64, 'k')] = "a";
  labels["umlaut-\xc3\xa4"] = "a";
  labels["long"] = std::string(256, 'v');
  labels["fine"] = "";
  FieldViolations violations;
  Read(message, violations);
  std::vector<std::string> fields;
  for (const FieldViolation& violation : violations) fields.push_back(violation.field);
  EXPECT_THAT(fields, ElementsAre("session.labels[\"\"]", "session.labels[\"Upper\"]",
                                  absl::StrCat("session.labels[\"", std::string(64, 'k'), "\"]"),
                                  "session.labels[\"long\"]", "session.labels[\"space here\"]",
                                  "session.labels[\"umlaut-\xc3\xa4\"]"));
}

TEST(ConvertSessionTest, SixteenLabelsAreAllowedAndSeventeenAreNot) {
  v1::Session message;
  for (int i = 0; i < 16; ++i) (*message.mutable_labels())[absl::StrCat("l", i)] = "";
  FieldViolations violations;
  EXPECT_EQ(Read(message, violations).labels.size(), 16);
  EXPECT_THAT(violations, IsEmpty());
  (*message.mutable_labels())["one-more"] = "";
  Read(message, violations);
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].field, "session.labels");
}

TEST(ConvertSessionTest, WithoutAStoreOnlyMemoryIsADurabilityToBeHad) {
  ApiFixture fixture;
  EXPECT_TRUE(CheckDurability(fixture.api(), Durability::kMemory).ok());
  const absl::Status periodic = CheckDurability(fixture.api(), Durability::kPeriodic);
  EXPECT_EQ(GetErrorReason(periodic), "DURABILITY_UNAVAILABLE");
  EXPECT_EQ(MetadataOf(periodic, "durability"), "DURABILITY_PERIODIC");
  EXPECT_EQ(GetErrorReason(CheckDurability(fixture.api(), Durability::kEveryStep)),
            "DURABILITY_UNAVAILABLE");
}

TEST(ConvertSessionTest, WithAStoreEveryDurabilityIsToBeHad) {
  FaultStore store;
  ApiFixture fixture({.store = &store});
  for (const auto durability :
       {Durability::kMemory, Durability::kPeriodic, Durability::kEveryStep}) {
    EXPECT_TRUE(CheckDurability(fixture.api(), durability).ok());
  }
}

TEST(ConvertSessionTest, ASessionIsShownWithEverythingButItsState) {
  ModelRegistry registry{ModelRegistry::Limits{}};
  const auto model = *registry.Add(kDefaultTenant, HomeworkModel());
  Numerics numerics;
  numerics.rounding = Rounding::kNearestTiesToZero;
  const auto state = FreezeState(ZeroStackState(*model, Precision::kFloat32));
  const absl::Time start = FakeClock::Start();
  const SessionConfig config{
      {"tenant", model, numerics, Durability::kMemory, absl::Hours(1), 3, {{"k", "v"}}},
      "sessions/a",
      state,
      start,
      *registry.Pin({kDefaultTenant, model->name()})};
  const Session::View view{
      state, 9, 0, 7, start + absl::Seconds(1), start + absl::Nanoseconds(3'600'000'000'001)};
  const v1::Session message = WriteSession(config, view);
  EXPECT_EQ(message.name(), "sessions/a");
  EXPECT_EQ(message.model(), "models/homework");
  EXPECT_EQ(message.numerics().rounding(), v1::ROUNDING_NEAREST_TIES_TO_ZERO);
  EXPECT_EQ(message.durability(), v1::DURABILITY_MEMORY);
  EXPECT_FALSE(message.has_ttl()) << "input only";
  EXPECT_EQ(message.replay_window(), 3);
  EXPECT_EQ(message.labels().at("k"), "v");
  EXPECT_EQ(message.next_step(), 9);
  EXPECT_EQ(message.durable_step(), 0);
  EXPECT_EQ(message.oldest_step(), 7);
  EXPECT_FALSE(message.has_state());
  EXPECT_EQ(message.state_digest(), StackStateDigest(state));
  EXPECT_EQ(message.create_time().seconds(), absl::ToUnixSeconds(start));
  EXPECT_EQ(message.update_time().seconds(), absl::ToUnixSeconds(start) + 1);
  EXPECT_EQ(message.expire_time().seconds(), absl::ToUnixSeconds(start) + 3600);
  EXPECT_EQ(message.expire_time().nanos(), 1);
}

TEST(ConvertSessionTest, TimesBeyondATimestampAreHeldWithinIt) {
  EXPECT_EQ(WriteTime(absl::InfiniteFuture()).seconds(), 253'402'300'799);
  EXPECT_EQ(WriteTime(absl::InfinitePast()).seconds(), -62'135'596'800);
  const auto before_1970 = WriteTime(absl::UnixEpoch() - absl::Nanoseconds(1));
  EXPECT_EQ(before_1970.seconds(), -1);
  EXPECT_EQ(before_1970.nanos(), 999'999'999);
}

}  // namespace
}  // namespace cellar
