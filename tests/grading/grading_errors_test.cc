#include "server/grading/grading_errors.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(GradingErrors, TellCodeReasonAndMetadata) {
  const absl::Status missing = ExerciseNotFound("exercises/a");
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(GetErrorReason(missing), "EXERCISE_NOT_FOUND");
  EXPECT_THAT(GetErrorDetail(missing)->metadata,
              UnorderedElementsAre(Pair("exercise", "exercises/a")));
  EXPECT_EQ(GetErrorDetail(missing)->resource_type, "exercise");

  const absl::Status exists = ExerciseExists("exercises/a", "abc");
  EXPECT_EQ(exists.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(GetErrorReason(exists), "EXERCISE_EXISTS");
  EXPECT_THAT(GetErrorDetail(exists)->metadata,
              UnorderedElementsAre(Pair("exercise", "exercises/a"), Pair("digest", "abc")));

  const absl::Status limit = ExerciseLimit({CapScope::kTenant, 3, 3});
  EXPECT_EQ(limit.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorReason(limit), "EXERCISE_LIMIT");
  EXPECT_THAT(GetErrorDetail(limit)->metadata,
              UnorderedElementsAre(Pair("limit", "3"), Pair("used", "3"), Pair("scope", "tenant")));

  const absl::Status bytes = ExerciseBytesLimit({CapScope::kServer, 30, 20}, 11);
  EXPECT_EQ(bytes.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorReason(bytes), "EXERCISE_BYTES_LIMIT");
  EXPECT_THAT(GetErrorDetail(bytes)->metadata,
              UnorderedElementsAre(Pair("limit_bytes", "30"), Pair("used_bytes", "20"),
                                   Pair("requested_bytes", "11"), Pair("scope", "server")));
  EXPECT_THAT(std::string(bytes.message()), HasSubstr("20 of 30"));
  EXPECT_EQ(GradingCancelled().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace cellar
