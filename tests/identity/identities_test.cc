#include "server/identity/identities.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "server/base/sha256.h"

namespace cellar {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'000'000);

class IdentitiesTest : public ::testing::Test {
 protected:
  ~IdentitiesTest() override { std::remove(path_.c_str()); }

  // Written anew, as another file: never by halves, and never the same stamp.
  void Write(const std::string& text) {
    std::ofstream(path_ + "-new") << text;
    ASSERT_EQ(std::rename((path_ + "-new").c_str(), path_.c_str()), 0);
  }

  static std::string LineOf(absl::string_view token) {
    return absl::StrCat("token sha256:", ToHex(Sha256Of(token)), " tenant=a roles=owner\n");
  }

  bool Knows(absl::string_view token) {
    return identities_.directory()->FindToken(token, kNow) != nullptr;
  }

  const std::string path_ =
      absl::StrCat(::testing::TempDir(), "/identities_",
                   ::testing::UnitTest::GetInstance()->current_test_info()->name());
  Identities identities_{path_};
};

TEST_F(IdentitiesTest, AsksNobodyWithoutAFile) {
  Identities open("");
  EXPECT_FALSE(open.asked());
  EXPECT_EQ(open.Reload().value(), Identities::Reloaded::kUnchanged);
  EXPECT_TRUE(identities_.asked());
}

TEST_F(IdentitiesTest, KnowsNobodyBeforeTheFirstReading) {
  Write(LineOf("one"));
  EXPECT_FALSE(Knows("one"));
}

TEST_F(IdentitiesTest, TakesAChangedFileAndOnlyThat) {
  Write(LineOf("one"));
  EXPECT_EQ(identities_.Reload().value(), Identities::Reloaded::kChanged);
  EXPECT_TRUE(Knows("one"));
  EXPECT_EQ(identities_.Reload().value(), Identities::Reloaded::kUnchanged);
  Write(LineOf("two"));
  EXPECT_TRUE(Knows("one")) << "until it is read";
  EXPECT_EQ(identities_.Reload().value(), Identities::Reloaded::kChanged);
  EXPECT_FALSE(Knows("one"));
  EXPECT_TRUE(Knows("two"));
}

TEST_F(IdentitiesTest, KeepsWhomItKnewWhenAFileCannotBeTaken) {
  Write(LineOf("one"));
  ASSERT_TRUE(identities_.Reload().ok());
  Write("nonsense\n");
  EXPECT_TRUE(absl::IsInvalidArgument(identities_.Reload().status()));
  EXPECT_TRUE(Knows("one"));
  EXPECT_EQ(identities_.Reload().value(), Identities::Reloaded::kUnchanged) << "told once";
  ASSERT_EQ(std::remove(path_.c_str()), 0);
  EXPECT_TRUE(absl::IsUnavailable(identities_.Reload().status()));
  EXPECT_TRUE(Knows("one"));
  EXPECT_EQ(identities_.Reload().value(), Identities::Reloaded::kUnchanged) << "told once";
  Write(LineOf("two"));
  EXPECT_EQ(identities_.Reload().value(), Identities::Reloaded::kChanged);
}

TEST_F(IdentitiesTest, RefusesAFolder) {
  Identities folder(::testing::TempDir());
  EXPECT_TRUE(absl::IsUnavailable(folder.Reload().status()));
}

TEST_F(IdentitiesTest, DoesNotWaitForAPipe) {
  const std::string path = path_ + ".pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  Identities pipe(path);
  EXPECT_TRUE(absl::IsUnavailable(pipe.Reload().status()));
  std::remove(path.c_str());
}

}  // namespace
}  // namespace cellar
