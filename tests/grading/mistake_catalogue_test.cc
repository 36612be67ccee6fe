#include "server/grading/mistake_catalogue.h"

#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;

TEST(MistakeCatalogue, HasEachIdAndTitleOnce) {
  std::set<std::string> ids;
  std::set<std::string> titles;
  for (const Mistake& mistake : MistakeCatalogue()) {
    EXPECT_TRUE(ids.insert(mistake.id).second) << mistake.id;
    EXPECT_TRUE(titles.insert(mistake.title).second) << mistake.title;
    EXPECT_THAT(mistake.id, MatchesRegex("[a-z][a-z0-9_]*"));
    EXPECT_THAT(mistake.cells, Not(SizeIs(0))) << mistake.id;
  }
  EXPECT_GE(ids.size(), 100u);
}

TEST(MistakeCatalogue, ExplainsEveryMistakeInAWholeSentence) {
  for (const Mistake& mistake : MistakeCatalogue()) {
    EXPECT_THAT(mistake.explanation, MatchesRegex("[A-Zchz0-9].*[.?]")) << mistake.id;
    EXPECT_GE(mistake.title.size(), 8u) << mistake.id;
    EXPECT_LE(mistake.title.size(), 80u) << mistake.id;
  }
}

TEST(MistakeCatalogue, FindsAMistakeByItsId) {
  const Mistake* const found = FindMistake("forget_input_swapped");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->title, "forget and input gate swapped");
  EXPECT_EQ(FindMistake("no_such_mistake"), nullptr);
}

TEST(MistakeCatalogue, KnowsWhichModelsHaveACellForAMistake) {
  const Mistake& mistake = *FindMistake("reset_before_the_product");
  EXPECT_FALSE(HasCellFor(mistake, {{CellKind::kLstm, 1, 1, 1}}));
  EXPECT_FALSE(HasCellFor(mistake, {{CellKind::kGruResetBefore, 1, 1, 1}}));
  EXPECT_TRUE(
      HasCellFor(mistake, {{CellKind::kLstm, 1, 1, 1}, {CellKind::kGruResetAfter, 1, 1, 1}}));
}

TEST(MistakeCatalogue, IsWhatItsPageShows) {
  std::ifstream file(CELLAR_MISTAKE_PAGE);
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_EQ(page.str(), MistakePage())
      << "server/grading/mistakes.md must be the text above this line; copy it there";
}

}  // namespace
}  // namespace cellar
