#include "server/store/store_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "server/base/error.h"

namespace cellar {
namespace {

TEST(StoreErrors, SnapshotCorruptIsDataLossAndTellsTheDefect) {
  const absl::Status status = SnapshotCorrupt("its checksum does not fit its bytes");

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(GetErrorReason(status), "SNAPSHOT_CORRUPT");
  EXPECT_THAT(std::string(status.message()),
              testing::HasSubstr("its checksum does not fit its bytes"));
  EXPECT_TRUE(GetErrorDetail(status)->metadata.empty());
}

}  // namespace
}  // namespace cellar
