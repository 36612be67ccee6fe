#include "server/grading/answer_json.h"

#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

const auto kFirst = Optional(ElementsAre(0, 0, 1, -1, 1, 0));
const auto kSecond = Optional(ElementsAre(1, -1, 0, 1, -1));

Exercise OnePart() {
  Exercise exercise = HomeworkExercise();
  exercise.questions.pop_back();
  exercise.sequences.pop_back();
  return exercise;
}

// "line:column reason" of the first problem.
std::string JsonProblem(const Exercise& exercise, absl::string_view content) {
  const ReadProblems problems = ReadJson(exercise, content).problems;
  if (problems.empty()) return "no problem";
  return absl::StrCat(problems[0].line, ":", problems[0].column, " ", problems[0].reason);
}

TEST(ReadJson, AnArrayOfAnyDepthIsEverythingInOrder) {
  for (const char* content : {"[0,0,1,-1,1,0,1,-1,0,1,-1]", "[[0,0,1,-1,1,0],[1,-1,0,1,-1]]",
                              " [[[0.0],[-0],[1e0],[-1],[\"1\"],[0]],[1,-1,0,1,-1]]\n"}) {
    const ReadAnswer read = ReadJson(HomeworkExercise(), content);
    EXPECT_THAT(read.problems, IsEmpty()) << content;
    EXPECT_THAT(read.answer, ElementsAre(kFirst, kSecond)) << content;
  }
}

TEST(ReadJson, AnObjectOfQuestionIds) {
  const ReadAnswer read = ReadJson(HomeworkExercise(), R"({"2": [1, [-1, 0], 1, -1]})");
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.answer, ElementsAre(std::nullopt, kSecond));
  Exercise exercise = OnePart();
  exercise.questions[0].steps = {2};
  EXPECT_THAT(ReadJson(exercise, R"({"1": 1})").answer, ElementsAre(Optional(ElementsAre(1))));
}

TEST(ReadJson, AnObjectOfLettersIfThereIsOneSequence) {
  Exercise exercise = OnePart();
  Ask(exercise, Quantity::kC, 0).steps = {4, 5};
  Ask(exercise, Quantity::kForgetGate, 0);
  const ReadAnswer read =
      ReadJson(exercise, R"({"h": [[0],[0],[1],[-1],[1],[0]], "c": [1, 2, 3, 4, 5, 6]})");
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.answer, ElementsAre(kFirst, Optional(ElementsAre(5, 6)), std::nullopt));
  // As many as are asked for are these.
  EXPECT_THAT(ReadJson(exercise, R"({"c": [5, 6]})").answer[1], Optional(ElementsAre(5, 6)));
  EXPECT_THAT(JsonProblem(exercise, R"({"c": [5]})"),
              HasSubstr("1 value in the answer; wanted are 2"));
  EXPECT_THAT(JsonProblem(HomeworkExercise(), R"({"h": [1]})"), HasSubstr("no such question"));
}

TEST(ReadJson, AQuestionThatIsCalledAsALetterGoesFirst) {
  Exercise exercise = HomeworkExercise();
  exercise.questions[1].id = "h";
  EXPECT_THAT(ReadJson(exercise, R"({"h": [1, -1, 0, 1, -1]})").answer,
              ElementsAre(std::nullopt, kSecond));
}

// As client/commands/run_output.cc writes it.
constexpr char kRun[] = R"({
  "title": "LSTM",
  "numerics": "float32",
  "sequences": [
    {"title": "a", "steps": [
      {"t": 0, "x": [9], "layers": [{"f": [0.5], "c": [7], "unrounded_h": [8], "h": [1]}]},
      {"t": 1, "x": [9], "layers": [{"f": [0.25], "c": [6], "unrounded_h": [8], "h": [-1]}]}
    ], "outputs": [1, -1], "rounded_outputs": [1, -1], "final_state_digest": "00ff"},
    {"title": "1e5", "steps": [
      {"t": 0, "x": [9], "layers": [{"f": ["NaN"], "c": [5], "h": ["-Infinity"]}]}
    ], "outputs": [3], "rounded_outputs": [3], "final_state_digest": "123"}
  ]
})";

TEST(ReadJson, WhatCellarRunPrints) {
  Exercise exercise = ExerciseOf(HomeworkModel(), {}, {{1, 1}, {1}});
  Ask(exercise, Quantity::kH, 0);
  Ask(exercise, Quantity::kForgetGate, 0);
  Ask(exercise, Quantity::kC, 0).steps = {1};
  Ask(exercise, Quantity::kH, 1);
  Ask(exercise, Quantity::kForgetGate, 1);
  Ask(exercise, Quantity::kOutputGate, 1);
  const ReadAnswer read = ReadJson(exercise, kRun);
  EXPECT_THAT(read.problems, IsEmpty());
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(read.answer[0], Optional(ElementsAre(1, -1)));
  EXPECT_THAT(read.answer[1], Optional(ElementsAre(0.5, 0.25)));
  EXPECT_THAT(read.answer[2], Optional(ElementsAre(6)));
  EXPECT_THAT(read.answer[3], Optional(ElementsAre(-infinity)));
  EXPECT_TRUE(std::isnan(read.answer[4]->at(0)));
  EXPECT_EQ(read.answer[5], std::nullopt);
}

TEST(ReadJson, RunOfTooFewStepsIsAProblem) {
  EXPECT_THAT(JsonProblem(HomeworkExercise(), kRun), HasSubstr("step 2, element 0"));
}

TEST(ReadJson, NanAndInfinitiesBareOrAsTexts) {
  Exercise exercise = OnePart();
  exercise.questions[0].steps = {0, 1, 2, 3};
  for (const char* content :
       {R"([NaN, Infinity, -Infinity, 1])", R"(["NaN", "Infinity", "-Infinity", 1])",
        R"(["nan", "inf", "-inf", 1])"}) {
    const ReadAnswer read = ReadJson(exercise, content);
    ASSERT_THAT(read.problems, IsEmpty()) << content;
    const std::vector<double>& values = *read.answer[0];
    EXPECT_TRUE(std::isnan(values[0]));
    EXPECT_EQ(values[1], std::numeric_limits<double>::infinity());
    EXPECT_EQ(values[2], -std::numeric_limits<double>::infinity());
  }
}

TEST(ReadJson, NumbersAreReadExactly) {
  Exercise exercise = OnePart();
  exercise.questions[0].steps = {0, 1, 2};
  EXPECT_THAT(ReadJson(exercise, "[0.1, 18446744073709551616, 2.2250738585072011e-308]").answer[0],
              Optional(ElementsAre(0.1, 18446744073709551616.0, 2.2250738585072011e-308)));
  EXPECT_THAT(ReadJson(exercise, "[[0e66,-0E5],-9007199254740993.5e-2]").answer[0],
              Optional(ElementsAre(0, 0, -90071992547409.935)));
}

TEST(ReadJson, TellsWhatIsNoNumberAndWhere) {
  EXPECT_THAT(JsonProblem(OnePart(), "[0,\n true]"), HasSubstr("2:6 true is no number"));
  EXPECT_THAT(JsonProblem(OnePart(), "[null]"), HasSubstr("null is no number"));
  EXPECT_THAT(JsonProblem(OnePart(), "[\"one\"]"), HasSubstr("1:7 \"one\" is no number"));
  EXPECT_THAT(JsonProblem(OnePart(), R"({"1": "nothing"})"), HasSubstr("is no number"));
  EXPECT_THAT(JsonProblem(OnePart(), R"({"title": "me", "1": [0,0,1,-1,1,0]})"), "no problem");
}

TEST(ReadJson, TellsWhatIsNoJsonAndWhere) {
  EXPECT_THAT(JsonProblem(OnePart(), "[0, 1"),
              HasSubstr("1:6 this is no JSON: Missing a comma or ']'"));
  EXPECT_THAT(JsonProblem(OnePart(),
                          "[0,\n\xE2\x88\x92"
                          "1]"),
              HasSubstr("2:1 this is no JSON"));
  EXPECT_THAT(JsonProblem(OnePart(), ""), HasSubstr("is no JSON: The document is empty"));
  EXPECT_THAT(JsonProblem(OnePart(), "[1] 2"), HasSubstr("is no JSON"));
  EXPECT_THAT(JsonProblem(OnePart(), "[1e999]"), HasSubstr("is no JSON: Number too big"));
  EXPECT_THAT(JsonProblem(OnePart(), std::string("[1]\0[2]", 7)),
              HasSubstr("1:4 there is a zero byte"));
  EXPECT_THAT(JsonProblem(OnePart(), "[\"\xFF\"]"), HasSubstr("is no JSON"));
}

TEST(ReadJson, DepthNeedsNoStack) {
  const std::string deep(1'000'000, '[');
  EXPECT_THAT(JsonProblem(OnePart(), deep), HasSubstr("is no JSON"));
  EXPECT_THAT(JsonProblem(OnePart(), absl::StrCat(deep, "1", std::string(deep.size(), ']'))),
              HasSubstr("1 value in the answer"));
  std::string objects;
  for (int i = 0; i < 10'000; ++i) objects += R"({"sequences":[)";
  EXPECT_THAT(JsonProblem(OnePart(), objects), HasSubstr("is no JSON"));
}

}  // namespace
}  // namespace cellar
