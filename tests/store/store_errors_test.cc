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

TEST(StoreErrors, RecordCorruptIsDataLossAndNamesTheRecord) {
  const absl::Status status = RecordCorrupt("s/default/sessions/a", "it is too short");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(GetErrorReason(status), "RECORD_CORRUPT");
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("s/default/sessions/a"));
}

TEST(StoreErrors, StoreFailedSaysWhenToTryAgain) {
  const absl::Status status = StoreFailed("write", "No space left on device");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetErrorReason(status), "STORE_FAILED");
  EXPECT_TRUE(GetErrorDetail(status)->retry_delay.has_value());
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("No space left on device"));
}

TEST(StoreErrors, StoreUnusableNamesTheFolderAndPromisesNothing) {
  const absl::Status status = StoreUnusable("/data", "Corruption: no manifest");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetErrorReason(status), "STORE_FAILED");
  EXPECT_FALSE(GetErrorDetail(status)->retry_delay.has_value());
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("/data cannot be opened: Corr"));
}

TEST(StoreErrors, StoreInUseAndStoreDamagedSayWhatToDo) {
  EXPECT_EQ(std::string(StoreInUse("/data").message()),
            "the store in /data cannot be opened: another server has it open; stop that one, or "
            "name another folder");
  EXPECT_EQ(std::string(StoreDamaged("/data", "Corruption: no manifest").message()),
            "the store in /data cannot be opened: it is damaged (Corruption: no manifest); put a "
            "backup in its place");
}

TEST(StoreErrors, AFolderThatCannotBeUsedIsToldWithWhatToDo) {
  EXPECT_EQ(std::string(StoreIsNoFolder("/data").message()),
            "the store in /data cannot be opened: that is a file; name a folder");
  EXPECT_EQ(std::string(StoreHasNoParent("/a/b", "/a").message()),
            "the store in /a/b cannot be opened: there is no folder /a to make it in; make that "
            "first, or name another");
  for (const absl::Status& status :
       {StoreForbidden("/data"), StoreReadOnly("/data"), StoreFull("/data")}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(GetErrorReason(status), "STORE_FAILED");
    EXPECT_THAT(
        std::string(status.message()),
        testing::MatchesRegex("the store in /data cannot be opened: .*; .*, or name another"));
  }
}

}  // namespace
}  // namespace cellar
