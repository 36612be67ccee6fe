#include "server/store/rocksdb_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A folder of its own, gone with the test.
class RocksdbStoreTest : public testing::Test {
 protected:
  RocksdbStoreTest() {
    const auto* const test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              absl::StrCat("cellar-", test->name(), "-", ::getpid());
    std::filesystem::remove_all(folder_);
  }
  ~RocksdbStoreTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<RecordStore> Open() {
    auto store = OpenRocksdbStore(folder_.string(),
                                  [this](const std::string& line) { log_.push_back(line); });
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  static void Put(RecordStore& store, const std::string& key, const std::string& value) {
    RecordBatch batch;
    batch.Put(key, value);
    ASSERT_TRUE(store.Write(batch, /*sync=*/true).ok());
  }

  std::filesystem::path folder_;
  std::vector<std::string> log_;
};

TEST_F(RocksdbStoreTest, KeepsWhatIsWrittenUntilItIsRemoved) {
  const std::string bytes("\0\xff\n", 3);
  {
    const auto store = Open();
    Put(*store, "a", bytes);
    Put(*store, "b", "");
    RecordBatch batch;
    batch.Remove("b");
    batch.Put("c", "3");
    ASSERT_TRUE(store->Write(batch, /*sync=*/false).ok());
    EXPECT_EQ(*store->Get("a"), bytes);
    EXPECT_EQ(*store->Get("b"), std::nullopt);
  }
  const auto store = Open();
  EXPECT_EQ(*store->Get("a"), bytes);
  EXPECT_EQ(*store->Get("b"), std::nullopt);
  EXPECT_EQ(*store->Get("c"), "3");
}

TEST_F(RocksdbStoreTest, ShowsTheRecordsOfAPrefixInTheOrderOfKeys) {
  const auto store = Open();
  for (const char* key : {"s/b", "s/a", "t/a", "m/z", "s/c"}) Put(*store, key, key);
  std::vector<std::string> seen;
  ASSERT_TRUE(store
                  ->ForEach("s/",
                            [&](absl::string_view key, absl::string_view value) {
                              EXPECT_EQ(key, value);
                              seen.emplace_back(key);
                            })
                  .ok());
  EXPECT_THAT(seen, ElementsAre("s/a", "s/b", "s/c"));
}

TEST_F(RocksdbStoreTest, TwoCannotHaveTheSameFolder) {
  const auto store = Open();
  const auto second = OpenRocksdbStore(folder_.string(), [](const std::string&) {});
  EXPECT_EQ(GetErrorReason(second.status()), "STORE_FAILED");
}

TEST_F(RocksdbStoreTest, AFolderThatCannotBeMadeIsAnError) {
  const auto store = OpenRocksdbStore("/proc/none/store", [](const std::string&) {});
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("/proc/none/store"));
}

// The newest of RocksDB's logs of writes.
std::filesystem::path NewestLog(const std::filesystem::path& folder) {
  std::filesystem::path newest;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".log") continue;
    if (newest.empty() || entry.path() > newest) newest = entry.path();
  }
  return newest;
}

TEST_F(RocksdbStoreTest, ADamagedLogIsToldAndDoesNotKeepTheRestFromBeingRead) {
  std::filesystem::path copy = folder_;
  copy += "-copy";
  std::filesystem::remove_all(copy);
  {
    const auto store = Open();
    for (int i = 0; i < 100; ++i) Put(*store, absl::StrCat("k", i), std::string(1000, 'x'));
    // As a crash leaves it: closing would write the log away.
    std::filesystem::copy(folder_, copy);
  }
  const std::filesystem::path log = NewestLog(copy);
  std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(log) / 2));
  file.put('y').put('z').put('y');
  file.close();
  std::vector<std::string> told;
  const auto store =
      OpenRocksdbStore(copy.string(), [&](const std::string& line) { told.push_back(line); });
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr(copy.string()));
  EXPECT_TRUE((*store)->Get("k0")->has_value());
  std::filesystem::remove_all(copy);
}

}  // namespace
}  // namespace cellar
