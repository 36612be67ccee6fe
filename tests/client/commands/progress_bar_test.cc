#include "client/commands/progress_bar.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace cellar {
namespace {

TEST(ProgressBarTest, ShowsHowFarItIsAndWipesItself) {
  std::ostringstream out;
  {
    ProgressBar bar(out, "grading", 10, ProgressBar::Visibility::kShown);
    bar.Update(5);
    EXPECT_EQ(out.str(), "\r\x1b[Kgrading [##########----------] 5 of 10");
  }
  EXPECT_EQ(out.str().substr(out.str().size() - 4), "\r\x1b[K");
}

TEST(ProgressBarTest, WritesOnlyWhatShows) {
  std::ostringstream out;
  ProgressBar bar(out, "grading", 100'000, ProgressBar::Visibility::kShown);
  for (size_t done = 0; done <= 100'000; ++done) bar.Update(done);
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 101);
}

TEST(ProgressBarTest, HiddenItWritesNothing) {
  std::ostringstream out;
  {
    ProgressBar bar(out, "grading", 10, ProgressBar::Visibility::kHidden);
    bar.Update(5);
    ProgressBar empty(out, "grading", 0, ProgressBar::Visibility::kShown);
    empty.Update(0);
  }
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace cellar
