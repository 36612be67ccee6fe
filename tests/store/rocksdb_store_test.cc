#include "server/store/rocksdb_store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/store/store_errors.h"

namespace cellar {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

auto SaysItIsInUse() {
  return AllOf(HasSubstr("another server has it open"), Not(HasSubstr("backup")));
}

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
  EXPECT_THAT(std::string(second.status().message()), SaysItIsInUse());
}

// Has a file locked, as another process, until it ends.
class Locker {
 public:
  explicit Locker(const std::filesystem::path& file) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    process_ = ::fork();
    if (process_ == 0) Hold(file.c_str(), ready[1]);
    char locked = 0;
    EXPECT_EQ(::read(ready[0], &locked, 1), 1);
    EXPECT_EQ(locked, 'y');
    ::close(ready[0]);
    ::close(ready[1]);
  }
  Locker(const Locker&) = delete;
  Locker& operator=(const Locker&) = delete;
  ~Locker() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

 private:
  [[noreturn]] static void Hold(const char* file, int ready) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    const char locked =
        ::fcntl(::open(file, O_RDWR | O_CREAT, 0600), F_SETLK, &lock) == 0 ? 'y' : 'n';
    if (::write(ready, &locked, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }

  pid_t process_ = -1;
};

TEST_F(RocksdbStoreTest, AFolderOfAnotherProcessIsInUseAndNotDamaged) {
  std::filesystem::create_directories(folder_);
  const Locker other(folder_ / "LOCK");
  const auto store = OpenRocksdbStore(folder_.string(), [](const std::string&) {});
  EXPECT_THAT(std::string(store.status().message()), SaysItIsInUse());
}

TEST_F(RocksdbStoreTest, OnlyAFolderThatIsDamagedIsToBeReplacedByABackup) {
  Put(*Open(), "a", "1");
  std::ofstream(folder_ / "CURRENT") << "nonsense";
  const auto store = OpenRocksdbStore(folder_.string(), [](const std::string&) {});
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("put a backup in its place"));
}

TEST_F(RocksdbStoreTest, AFolderThatCannotBeMadeIsAnError) {
  const auto store = OpenRocksdbStore("/proc/none/store", [](const std::string&) {});
  EXPECT_EQ(store.status(), StoreHasNoParent("/proc/none/store", "/proc/none"));
}

TEST_F(RocksdbStoreTest, AFileIsNoFolder) {
  std::filesystem::create_directories(folder_);
  const std::string file = (folder_ / "file").string();
  std::ofstream(file) << "text";
  const auto store = OpenRocksdbStore(file, [](const std::string&) {});
  EXPECT_EQ(store.status(), StoreIsNoFolder(file));
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

TEST_F(RocksdbStoreTest, LeavesEverythingInTablesAndNoLogOfItsOwn) {
  {
    const auto store = Open();
    for (int i = 0; i < 100; ++i) Put(*store, absl::StrCat("k", i), std::string(1000, 'x'));
  }
  uintmax_t log_bytes = 0;
  uintmax_t table_bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (entry.path().extension() == ".log") log_bytes += entry.file_size();
    if (entry.path().extension() == ".sst") table_bytes += entry.file_size();
    EXPECT_NE(entry.path().filename(), "LOG") << "which cannot be written on a full disk";
  }
  EXPECT_EQ(log_bytes, 0);
  EXPECT_GT(table_bytes, 100'000);
}

// No file of this process grows while it lives, as on a full disk.
class FullDisk {
 public:
  FullDisk() : ignored_(signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none = {.rlim_cur = 0, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, ignored_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  const sighandler_t ignored_;
  rlimit before_{};
};

TEST_F(RocksdbStoreTest, WritesAgainAsSoonAsThereIsRoomAgainHoweverOftenThereWasNone) {
  {
    const auto store = Open();
    for (const char* key : {"a", "b", "c"}) {
      Put(*store, key, key);
      const FullDisk full;
      RecordBatch batch;
      batch.Put("lost", "x");
      for (int time = 0; time < 3; ++time) {
        EXPECT_EQ(GetErrorReason(store->Write(batch, /*sync=*/true)), "STORE_FAILED");
      }
      EXPECT_EQ(*store->Get(key), key) << "reading goes on";
    }
    Put(*store, "d", "d");
  }
  const auto store = Open();
  for (const char* key : {"a", "b", "c", "d"}) EXPECT_EQ(*store->Get(key), key);
}

// Flips a bit in the middle of every table.
void DamageTables(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    const auto middle = static_cast<std::streamoff>(entry.file_size() / 2);
    file.seekg(middle);
    const auto byte = static_cast<char>(file.get());
    file.seekp(middle);
    file.put(static_cast<char>(byte ^ 1));
  }
}

TEST_F(RocksdbStoreTest, DamageInATableIsToldAtTheStart) {
  Put(*Open(), "k", std::string(10'000, 'x'));
  Open();
  EXPECT_THAT(log_, testing::IsEmpty());
  DamageTables(folder_);
  const auto store = Open();
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_THAT(log_[0], HasSubstr(absl::StrCat("damaged: the store in ", folder_.string())));
  EXPECT_TRUE(store->Get("k")->has_value()) << "for who can tell how bad it is";
}

TEST_F(RocksdbStoreTest, TablesThatCannotBeMergedKeepNobodyFromWriting) {
  Put(*Open(), "k", std::string(10'000, 'x'));
  DamageTables(folder_);
  for (int start = 0; start < 10; ++start) {  // each leaves one more table
    const auto store = Open();
    for (int i = 0; i < 100; ++i) Put(*store, "k", std::string(10'000, 'y'));
  }
  EXPECT_THAT(log_, testing::SizeIs(10)) << "it was never merged away";
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
