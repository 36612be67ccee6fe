#include "server/session/session_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "server/base/error.h"

namespace cellar {
namespace {

using Metadata = std::vector<std::pair<std::string, std::string>>;

struct Case {
  absl::Status status;
  absl::StatusCode code;
  std::string reason;
  Metadata metadata;
};

// 2024-05-06T07:08:09.25Z.
const absl::Time kWhen = absl::FromUnixMillis(1'714'979'289'250);

std::vector<Case> Cases() {
  using Code = absl::StatusCode;
  const std::string name = "sessions/a";
  const std::pair<std::string, std::string> session = {"session", name};
  const std::pair<std::string, std::string> epoch = {"server_epoch", "18f"};
  const std::string when = "2024-05-06T07:08:09.25Z";
  return {
      {SessionNotFound(name, "18f"), Code::kNotFound, "SESSION_NOT_FOUND", {session, epoch}},
      {SessionExpired(name, kWhen, "18f"),
       Code::kNotFound,
       "SESSION_EXPIRED",
       {session, {"expire_time", when}, epoch}},
      {SessionDeleted(name, kWhen, "18f"),
       Code::kNotFound,
       "SESSION_DELETED",
       {session, {"delete_time", when}, epoch}},
      {SessionLost(name, "18e", "18f"),
       Code::kNotFound,
       "SESSION_LOST",
       {session, {"session_epoch", "18e"}, epoch}},
      {SessionLostAt(name, kWhen, "18f"),
       Code::kNotFound,
       "SESSION_LOST",
       {session, {"lost_time", when}, epoch}},
      {SessionDamaged(name, kWhen, "18f"),
       Code::kDataLoss,
       "SESSION_DAMAGED",
       {session, {"found_time", when}, epoch}},
      {ModelMismatch("models/a", "d1", "d2"),
       Code::kFailedPrecondition,
       "MODEL_MISMATCH",
       {{"model", "models/a"}, {"model_digest", "d1"}, {"snapshot_digest", "d2"}}},
      {SnapshotDoesNotFit("it has no layers"), Code::kDataLoss, "SNAPSHOT_CORRUPT", {}},
      {SessionExists(name), Code::kAlreadyExists, "SESSION_EXISTS", {session}},
      {SessionTakenOver(name, 7),
       Code::kAborted,
       "SESSION_TAKEN_OVER",
       {session, {"next_step", "7"}}},
      {SessionLimit({CapScope::kTenant, 5, 4}),
       Code::kResourceExhausted,
       "SESSION_LIMIT",
       {{"limit", "5"}, {"used", "4"}, {"scope", "tenant"}}},
      {SessionBytesLimit({CapScope::kTenant, 100, 90}, 11),
       Code::kResourceExhausted,
       "SESSION_BYTES_LIMIT",
       {{"limit_bytes", "100"},
        {"used_bytes", "90"},
        {"requested_bytes", "11"},
        {"scope", "tenant"}}},
      {SessionPromiseBroken(name, "it was late"), Code::kInternal, "INTERNAL", {session}},
  };
}

TEST(SessionErrors, HaveTheCodesReasonsAndMetadataOfTheProto) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.reason);
    EXPECT_EQ(c.status.code(), c.code);
    EXPECT_EQ(GetErrorReason(c.status), c.reason);
    EXPECT_EQ(GetErrorDetail(c.status)->metadata, c.metadata);
  }
}

TEST(SessionErrors, MessagesMentionEveryValueOfTheMetadata) {
  for (const Case& c : Cases()) {
    for (const auto& [key, value] : c.metadata) {
      EXPECT_THAT(std::string(c.status.message()), testing::HasSubstr(value)) << c.reason;
    }
  }
}

TEST(SessionErrors, NameTheSessionAsTheResource) {
  EXPECT_EQ(GetErrorDetail(SessionExists("sessions/a"))->resource_type, "session");
  EXPECT_EQ(GetErrorDetail(SessionExists("sessions/a"))->resource_name, "sessions/a");
}

TEST(SessionErrors, LimitsTellWhatIsExhaustedAndWhenToTryAgain) {
  for (const absl::Status& status : {SessionLimit({CapScope::kServer, 5, 5}),
                                     SessionBytesLimit({CapScope::kServer, 100, 90}, 11)}) {
    EXPECT_GT(*GetErrorDetail(status)->retry_delay, absl::ZeroDuration());
    EXPECT_FALSE(GetErrorDetail(status)->quota_subject.empty());
  }
}

TEST(SessionErrors, SessionEndedTellsHow) {
  EXPECT_EQ(SessionEnded("a", SessionEnd::kExpired, kWhen, "1"), SessionExpired("a", kWhen, "1"));
  EXPECT_EQ(SessionEnded("a", SessionEnd::kDeleted, kWhen, "1"), SessionDeleted("a", kWhen, "1"));
  EXPECT_EQ(SessionEnded("a", SessionEnd::kLost, kWhen, "1"), SessionLostAt("a", kWhen, "1"));
  EXPECT_EQ(SessionEnded("a", SessionEnd::kDamaged, kWhen, "1"), SessionDamaged("a", kWhen, "1"));
}

}  // namespace
}  // namespace cellar
