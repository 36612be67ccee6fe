#include "client/nearest_word.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

const std::vector<std::string> kWords = {"run", "repl", "session", "model", "health"};

TEST(NearestWordTest, FindsTheWordMeant) {
  EXPECT_EQ(NearestWord("rnu", kWords), "run") << "swapped";
  EXPECT_EQ(NearestWord("sesion", kWords), "session") << "dropped";
  EXPECT_EQ(NearestWord("modell", kWords), "model") << "inserted";
  EXPECT_EQ(NearestWord("haelth", kWords), "health");
  EXPECT_EQ(NearestWord("run", kWords), "run");
}

TEST(NearestWordTest, ABeginningIsEnough) { EXPECT_EQ(NearestWord("sess", kWords), "session"); }

TEST(NearestWordTest, AWordThatIsWholeInOnlyOneIsThatOne) {
  const std::vector<std::string> values = {"ROUNDING_NONE", "ROUNDING_NEAREST_TIES_TO_ZERO",
                                           "PRECISION_FLOAT32", "PRECISION_FLOAT64"};
  EXPECT_EQ(NearestWord("ROUNDING_NEAREST", values), "ROUNDING_NEAREST_TIES_TO_ZERO");
  EXPECT_EQ(NearestWord("float64", values), "PRECISION_FLOAT64");
  EXPECT_EQ(NearestWord("PRECISION_FLOAT23", values), "PRECISION_FLOAT32");
}

TEST(NearestWordTest, FarWordsAreNotSuggested) {
  EXPECT_EQ(NearestWord("xyz", kWords), "");
  EXPECT_EQ(NearestWord("", kWords), "");
  EXPECT_EQ(NearestWord(std::string(100000, 'a'), kWords), "");
  EXPECT_EQ(NearestWord("run", {}), "");
}

TEST(DidYouMeanTest, IsEmptyOrAQuestion) {
  EXPECT_EQ(DidYouMean("rnu", kWords), " (did you mean `run`?)");
  EXPECT_EQ(DidYouMean("xyz", kWords), "");
}

}  // namespace
}  // namespace cellar
