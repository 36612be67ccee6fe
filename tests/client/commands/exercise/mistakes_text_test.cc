#include "client/commands/exercise/mistakes_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cellar {
namespace {

// Adds a mistake called `name`; `answer` is empty if it is marked right.
void AddMistake(const std::string& name, const std::vector<double>& answer,
                const std::vector<std::string>& same_as, v1::CheckExerciseResponse& check) {
  v1::MistakeVisibility& mistake = *check.add_mistakes();
  mistake.set_mistake(name);
  mistake.set_title("done by " + name);
  mistake.set_applicable(true);
  mistake.set_visible(!answer.empty());
  mistake.mutable_answer()->Add(answer.begin(), answer.end());
  for (const std::string& other : same_as) mistake.add_same_as(other);
}

v1::CheckExerciseResponse SixMistakes() {
  v1::CheckExerciseResponse check;
  AddMistake("alone", {0, 0.25}, {}, check);
  AddMistake("first", {1, -0.123456}, {"second"}, check);
  AddMistake("hidden", {}, {}, check);
  AddMistake("second", {1, -0.123456}, {"first"}, check);
  check.add_mistakes()->set_mistake("of_another_cell");
  AddMistake("long", std::vector<double>(13, 2), {}, check);
  return check;
}

TEST(MistakesText, ThoseThatAreMarkedRightAreToldFirst) {
  EXPECT_EQ(
      MistakesText(SixMistakes(), MistakesShown::kUnseen),
      "Of 5 known mistakes, 4 are marked wrong (3 different answers, which --all tells) and 1 "
      "is marked right all the same:\n\n"
      "WHAT IS DONE WRONG  NAME\n"
      "done by hidden      hidden\n");
}

TEST(MistakesText, TheRestIsToldAnswerByAnswerThoseThatShareOneFirst) {
  const std::string text = MistakesText(SixMistakes(), MistakesShown::kAll);
  EXPECT_THAT(text, testing::HasSubstr("(3 different answers, which stand below)"));
  EXPECT_THAT(text,
              testing::EndsWith("\n\n"
                                "ANSWER                            WHAT IS DONE WRONG  NAME\n"
                                "1 -0.1235                         done by first       first\n"
                                "                                  done by second      second\n"
                                "0 0.25                            done by alone       alone\n"
                                "2 2 2 2 2 2 2 2 2 2 2 2 ... (13)  done by long        long\n"));
}

TEST(MistakesText, NothingHiddenAndNothingSeenHaveNoTables) {
  v1::CheckExerciseResponse check;
  AddMistake("one", {1}, {}, check);
  EXPECT_EQ(MistakesText(check, MistakesShown::kUnseen),
            "Of 1 known mistake, 1 is marked wrong (1 answer, which --all tells) and 0 are marked "
            "right all the same.\n");
  check.Clear();
  AddMistake("one", {}, {}, check);
  EXPECT_EQ(MistakesText(check, MistakesShown::kAll),
            "Of 1 known mistake, 0 are marked wrong and 1 is marked right all the same:\n\n"
            "WHAT IS DONE WRONG  NAME\ndone by one         one\n");
}

}  // namespace
}  // namespace cellar
