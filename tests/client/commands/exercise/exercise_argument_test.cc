#include "client/commands/exercise/exercise_argument.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

TEST(ExerciseArgumentTest, ANameBeginsAsOneAndIsNoFile) {
  EXPECT_TRUE(IsExerciseName("exercises/homework"));
  EXPECT_TRUE(IsExerciseName("homework"));
  EXPECT_FALSE(IsExerciseName("-"));
  EXPECT_FALSE(IsExerciseName("homework.textproto"));
  EXPECT_FALSE(IsExerciseName("./exercises/homework"));
}

TEST(ExerciseArgumentTest, ARequestNamesTheExerciseOrBringsIt) {
  ExerciseArgument argument;
  argument.exercise.set_title("t");
  v1::GradeRequest grade;
  SetSource(argument, grade);
  EXPECT_EQ(grade.inline_exercise().title(), "t");
  argument.name = "exercises/a";
  SetSource(argument, grade);
  EXPECT_EQ(grade.exercise(), "exercises/a");
  v1::CheckExerciseRequest check;
  SetSource(argument, check);
  EXPECT_EQ(check.name(), "exercises/a");
}

TEST(ExerciseArgumentTest, TheTextIsReadable) {
  v1::Exercise exercise;
  exercise.set_title("\xc3\xa4");
  exercise.add_sequences()->mutable_inputs()->add_values(0.5);
  EXPECT_EQ(ExerciseText(exercise),
            "title: \"\xc3\xa4\"\nsequences {\n  inputs {\n    values: [0.5]\n  }\n}\n");
}

}  // namespace
}  // namespace cellar
