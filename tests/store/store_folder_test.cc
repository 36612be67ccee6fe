#include "server/store/store_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/store/store_errors.h"

namespace cellar {
namespace {

class StoreFolderTest : public testing::Test {
 protected:
  StoreFolderTest() : place_(absl::StrCat(testing::TempDir(), "/cellar-store-folder-", getpid())) {
    std::filesystem::create_directories(place_);
  }
  ~StoreFolderTest() override { std::filesystem::remove_all(place_); }

  const std::string place_;
};

TEST_F(StoreFolderTest, OneThatIsThereOrCanBeMadeWillDo) {
  EXPECT_EQ(CheckStoreFolder(place_), absl::OkStatus());
  EXPECT_EQ(CheckStoreFolder(place_ + "/"), absl::OkStatus());
  EXPECT_EQ(CheckStoreFolder(place_ + "/new"), absl::OkStatus());
  EXPECT_EQ(CheckStoreFolder(place_ + "/new/"), absl::OkStatus());
  EXPECT_FALSE(std::filesystem::exists(place_ + "/new"));
}

TEST_F(StoreFolderTest, AFileIsNone) {
  const std::string file = place_ + "/file";
  std::ofstream(file) << "text";
  EXPECT_EQ(CheckStoreFolder(file), StoreIsNoFolder(file));
  EXPECT_EQ(CheckStoreFolder(file + "/store"), StoreHasNoParent(file + "/store", file));
}

TEST_F(StoreFolderTest, WhereItWouldBeMadeIsNamedIfItIsNotThere) {
  EXPECT_EQ(CheckStoreFolder(place_ + "/a/b"), StoreHasNoParent(place_ + "/a/b", place_ + "/a"));
  EXPECT_EQ(CheckStoreFolder(place_ + "/a/b/"), StoreHasNoParent(place_ + "/a/b/", place_ + "/a"));
}

TEST_F(StoreFolderTest, AnothersIsForbidden) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can be somebody else for a moment";
  ASSERT_EQ(chmod(place_.c_str(), 0700), 0);
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(seteuid(kNobody), 0);
  const absl::Status there = CheckStoreFolder(place_);
  const absl::Status below = CheckStoreFolder(place_ + "/new");
  ASSERT_EQ(seteuid(0), 0);
  EXPECT_EQ(there, StoreForbidden(place_));
  EXPECT_EQ(below, StoreForbidden(place_ + "/new"));
}

}  // namespace
}  // namespace cellar
