#include "client/commands/exercise/exercise_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ExerciseFactsTest, WhatIsNotSaidIsToldAsItIsMeant) {
  v1::Exercise exercise;
  exercise.add_sequences();
  exercise.add_sequences();
  const std::string text = ExerciseFacts(exercise);
  EXPECT_THAT(text, HasSubstr("sequences   2\n"
                              "points      2\n"
                              "credit      per value\n"
                              "comparison  h that is rounded must be equal; else may be off by "
                              "0.001, or 0.001 of the expected value\n"
                              "feedback    steps\n"
                              "question 1  h of sequence 1; 1 point\n"
                              "question 2  h of sequence 2; 1 point\n"));
  EXPECT_THAT(text, Not(HasSubstr("variations")));
}

TEST(ExerciseFactsTest, WhatIsSaidIsTold) {
  v1::Exercise exercise;
  exercise.add_sequences();
  exercise.add_sequences();
  exercise.set_credit(v1::CREDIT_CARRIED);
  exercise.set_feedback(v1::FEEDBACK_DIAGNOSIS);
  exercise.mutable_comparison()->set_decimals(2);
  exercise.add_variations();
  v1::Question& question = *exercise.add_questions();
  question.set_id("c");
  question.set_prompt("the memory");
  question.set_sequence(1);
  question.set_quantity(v1::QUANTITY_C);
  question.set_layer(0);
  question.add_steps(0);
  question.add_steps(2);
  question.add_elements(1);
  question.set_points(2.5);
  question.set_credit(v1::CREDIT_ALL_OR_NOTHING);
  question.mutable_comparison()->set_absolute(0.1);
  question.mutable_comparison()->set_relative(0.01);
  EXPECT_THAT(
      ExerciseFacts(exercise),
      HasSubstr("variations  1 fields drawn for each seed\n"
                "points      2.5\n"
                "credit      per value, also what follows from values of the student's own\n"
                "comparison  equal in 2 decimals\n"
                "feedback    diagnosis\n"
                "question c  element 1 of c of layer 1, steps 0, 2 of sequence 2; 2.5 points, all "
                "or nothing, may be off by 0.1, or 0.01 of the expected value: the memory\n"));
}

}  // namespace
}  // namespace cellar
