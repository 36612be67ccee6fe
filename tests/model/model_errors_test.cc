#include "server/model/model_errors.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// What every failure owes its reader: the message mentions every value of the metadata.
ErrorDetail CheckedDetail(const absl::Status& status) {
  const ErrorDetail detail = GetErrorDetail(status).value();
  for (const auto& [key, value] : detail.metadata) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(value)) << key;
  }
  return detail;
}

TEST(ModelErrors, NotFoundNamesTheModel) {
  const absl::Status status = ModelNotFound("models/a");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  const ErrorDetail detail = CheckedDetail(status);
  EXPECT_EQ(detail.reason, "MODEL_NOT_FOUND");
  EXPECT_THAT(detail.metadata, UnorderedElementsAre(Pair("model", "models/a")));
  EXPECT_EQ(detail.resource_type, "model");
  EXPECT_EQ(detail.resource_name, "models/a");
}

TEST(ModelErrors, ExistsTellsTheDigestThatIsThere) {
  const absl::Status status = ModelExists("models/a", "0123abcd");
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  const ErrorDetail detail = CheckedDetail(status);
  EXPECT_EQ(detail.reason, "MODEL_EXISTS");
  EXPECT_THAT(detail.metadata,
              UnorderedElementsAre(Pair("model", "models/a"), Pair("digest", "0123abcd")));
  EXPECT_EQ(detail.resource_name, "models/a");
}

TEST(ModelErrors, InUseTellsHowManySessions) {
  const absl::Status status = ModelInUse("models/a", 12);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  const ErrorDetail detail = CheckedDetail(status);
  EXPECT_EQ(detail.reason, "MODEL_IN_USE");
  EXPECT_THAT(detail.metadata,
              UnorderedElementsAre(Pair("model", "models/a"), Pair("session_count", "12")));
  EXPECT_EQ(detail.resource_name, "models/a");
}

TEST(ModelErrors, LimitTellsTheLimit) {
  const absl::Status status = ModelLimit({CapScope::kServer, 1000, 999});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  const ErrorDetail detail = CheckedDetail(status);
  EXPECT_EQ(detail.reason, "MODEL_LIMIT");
  EXPECT_THAT(detail.metadata, UnorderedElementsAre(Pair("limit", "1000"), Pair("used", "999"),
                                                    Pair("scope", "server")));
  EXPECT_EQ(detail.quota_subject, "models of the server");
  EXPECT_TRUE(detail.retry_delay.has_value());
}

TEST(ModelErrors, BytesLimitTellsLimitUseAndWish) {
  const absl::Status status = ModelBytesLimit({CapScope::kTenant, 100, 70}, 50);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  const ErrorDetail detail = CheckedDetail(status);
  EXPECT_EQ(detail.reason, "MODEL_BYTES_LIMIT");
  EXPECT_THAT(detail.metadata,
              UnorderedElementsAre(Pair("limit_bytes", "100"), Pair("used_bytes", "70"),
                                   Pair("requested_bytes", "50"), Pair("scope", "tenant")));
  EXPECT_EQ(detail.quota_subject, "model bytes of the tenant");
  EXPECT_TRUE(detail.retry_delay.has_value());
}

TEST(ModelErrors, SizeLimitTellsFieldValueAndLimit) {
  const absl::Status status = ModelSizeLimit("model.layers", 65, 64);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  const ErrorDetail detail = CheckedDetail(status);
  EXPECT_EQ(detail.reason, "MODEL_SIZE_LIMIT");
  EXPECT_THAT(detail.metadata, UnorderedElementsAre(Pair("field", "model.layers"),
                                                    Pair("value", "65"), Pair("limit", "64")));
  EXPECT_EQ(detail.quota_subject, "model.layers");
}

}  // namespace
}  // namespace cellar
