#include "client/grading/foreseen_answers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class ForeseenAnswersTest : public ::testing::Test {
 protected:
  void Ask(const std::string& id, int64_t count) {
    v1::QuestionVerdict& question = *key_.add_questions();
    question.set_question(id);
    question.set_value_count(count);
  }
  void Mistake(const std::vector<double>& answer) {
    check_.add_mistakes()->mutable_answer()->Add(answer.begin(), answer.end());
  }
  // Handed in: the values of each question.
  void Give(const std::vector<std::vector<double>>& answer) {
    v1::Verdict& verdict = given_.emplace_back();
    for (const std::vector<double>& values : answer) {
      v1::QuestionVerdict& question = *verdict.add_questions();
      for (const double value : values) question.add_values()->set_given(value);
    }
  }

  // "id: text" of each, with a star if it is a mistake's.
  std::vector<std::string> Answers() {
    std::vector<std::string> answers;
    for (const ForeseenAnswer& answer : ForeseenAnswers(key_, check_, given_)) {
      for (const auto& [id, text] : answer.submission.typed().texts()) {
        answers.push_back(id + ": " + text + (answer.is_outcome ? " *" : ""));
      }
    }
    return answers;
  }

  v1::CheckExerciseResponse check_;
  v1::Verdict key_;
  std::vector<v1::Verdict> given_;
};

TEST_F(ForeseenAnswersTest, EveryQuestionIsAnsweredAloneAndEachAnswerGivenOnce) {
  Ask("a", 2);
  Ask("b", 1);
  Mistake({1, -0.25, 3});
  Mistake({});  // not visible
  Mistake({1, -0.25, 4});
  Mistake({0.1, NAN, 3});
  EXPECT_THAT(Answers(), ElementsAre("a: 1 -0.25 *", "a: 0.1 NaN *", "b: 3 *", "b: 4 *"));
}

TEST_F(ForeseenAnswersTest, WhatWasHandedInComesBehindTheMistakes) {
  Ask("a", 2);
  Ask("b", 1);
  Mistake({1, 2, 3});
  Give({{5, 6}, {3}});
  Give({{5, 6}, {7}});
  given_.emplace_back();  // not gradable
  EXPECT_THAT(Answers(), ElementsAre("a: 1 2 *", "a: 5 6", "b: 3 *", "b: 7"));
}

TEST_F(ForeseenAnswersTest, AQuestionWithoutAnAnswerAddsNone) {
  Ask("a", 1);
  given_.emplace_back().add_questions()->add_values();
  EXPECT_THAT(Answers(), SizeIs(0));
}

TEST_F(ForeseenAnswersTest, AnswersWithTooFewValuesAreLeftOut) {
  Ask("a", 2);
  Ask("b", 2);
  Mistake({1, 2, 3});
  EXPECT_THAT(Answers(), ElementsAre("a: 1 2 *"));
}

TEST_F(ForeseenAnswersTest, TheNumbersOfAQuestionAreBounded) {
  Ask("a", 1000);
  for (int k = 0; k < 9; ++k) Mistake(std::vector<double>(1000, k));
  EXPECT_THAT(Answers(), SizeIs(kMaxForeseenNumbers / 1000));
}

}  // namespace
}  // namespace cellar
