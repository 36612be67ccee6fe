#include "server/session/shared_terms.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

class SharedTermsTest : public testing::Test {
 protected:
  FakeClock clock_;
  std::shared_ptr<SessionCommons> commons_ = std::make_shared<SessionCommons>(
      clock_, CapLimits{.of_tenant = 10, .of_server = 100}, "epoch");
  TermsBook book_{commons_};
};

TEST_F(SharedTermsTest, EqualTermsAreOne) {
  const auto first = book_.Share(ConfigOf("a"));
  const auto second = book_.Share(ConfigOf("b"));
  EXPECT_EQ(first, second);
  EXPECT_EQ(first->terms, ConfigOf("a"));
  EXPECT_EQ(first->commons, commons_);
  EXPECT_EQ(&first->budget, &commons_->budgets.Of(kDefaultTenant));
}

TEST_F(SharedTermsTest, EveryPartMakesADifference) {
  std::vector<SessionConfig> configs(8, ConfigOf("a"));
  configs[1].tenant = "other";
  configs[2].numerics.rounding = Rounding::kNearestTiesToZero;
  configs[3].durability = Durability::kEveryStep;
  configs[4].ttl = absl::Hours(7);
  configs[5].replay_window_requests = 0;
  configs[6].labels = {{"k", "v"}};
  configs[7].labels = {{"k", "w"}};
  std::vector<std::shared_ptr<const SharedTerms>> all;
  for (const SessionConfig& config : configs) {
    all.push_back(book_.Share(config));
    EXPECT_EQ(all.back()->terms, static_cast<const SessionTerms&>(config));
    for (size_t k = 0; k + 1 < all.size(); ++k) EXPECT_NE(all[k], all.back()) << k;
  }
}

TEST_F(SharedTermsTest, TermsThatNobodyHasAreNotKept) {
  std::weak_ptr<const SharedTerms> first = book_.Share(ConfigOf("a"));
  EXPECT_TRUE(first.expired());
  EXPECT_NE(book_.Share(ConfigOf("a")), nullptr);
}

TEST_F(SharedTermsTest, TheBookForgetsThem) {
  const auto kept = book_.Share(ConfigOf("a"));
  for (int k = 0; k < 10'000; ++k) {
    SessionConfig config = ConfigOf("a");
    config.labels["k"] = absl::StrCat(k);
    book_.Share(config);
  }
  EXPECT_LE(book_.count(), 65);
  EXPECT_EQ(book_.Share(ConfigOf("b")), kept);
}

}  // namespace
}  // namespace cellar
