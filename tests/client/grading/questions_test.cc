#include "client/grading/questions.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

TEST(QuestionsTest, WithoutAnyEachSequenceIsAsked) {
  v1::Exercise exercise;
  exercise.add_sequences();
  exercise.add_sequences();
  const auto questions = QuestionsOf(exercise);
  ASSERT_EQ(questions.size(), 2);
  EXPECT_EQ(questions[1].id(), "2");
  EXPECT_EQ(questions[1].sequence(), 1);
}

TEST(QuestionsTest, AMissingIdIsTheNumber) {
  v1::Exercise exercise;
  exercise.add_questions()->set_id("a");
  exercise.add_questions()->set_quantity(v1::QUANTITY_C);
  const auto questions = QuestionsOf(exercise);
  EXPECT_EQ(questions[0].id(), "a");
  EXPECT_EQ(questions[1].id(), "2");
  EXPECT_EQ(LetterOf(questions[0].quantity()), "h");
  EXPECT_EQ(LetterOf(questions[1].quantity()), "c");
}

TEST(QuestionsTest, EveryQuantityHasALetterOfItsOwn) {
  std::string letters;
  for (int quantity = v1::QUANTITY_H; quantity <= v1::Quantity_MAX; ++quantity) {
    letters += LetterOf(static_cast<v1::Quantity>(quantity));
  }
  EXPECT_EQ(letters, "hcfiozrg");
}

TEST(QuestionsTest, ThePrecisionIsTheNumericsElseTheModels) {
  v1::Exercise exercise;
  EXPECT_EQ(PrecisionOf(exercise), v1::PRECISION_FLOAT32);
  exercise.mutable_model()->set_precision(v1::PRECISION_FLOAT64);
  EXPECT_EQ(PrecisionOf(exercise), v1::PRECISION_FLOAT64);
  exercise.mutable_numerics()->set_precision(v1::PRECISION_FLOAT32);
  EXPECT_EQ(PrecisionOf(exercise), v1::PRECISION_FLOAT32);
}

}  // namespace
}  // namespace cellar
