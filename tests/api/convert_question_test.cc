#include "server/api/convert_question.h"

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/grading/comparison.h"
#include "tests/testing/exercise_message.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ConvertQuestionTest : public testing::Test {
 protected:
  // Reads the questions of message_ as those of the homework.
  std::vector<Question> Read(int64_t max_values = 1000) {
    violations_.clear();
    CheckQuestionRules(message_, "exercise", violations_);
    return ReadQuestions(message_, HomeworkExercise(), max_values, "exercise", violations_);
  }

  // "path: description" of the only violation.
  std::string Violation() {
    Read();
    if (violations_.size() != 1) return absl::StrCat(violations_.size(), " violations");
    return absl::StrCat(violations_[0].field, ": ", violations_[0].description);
  }

  v1::Exercise message_;
  FieldViolations violations_;
};

TEST_F(ConvertQuestionTest, WithoutQuestionsEachSequenceIsAskedForH) {
  const std::vector<Question> questions = Read();
  EXPECT_THAT(violations_, IsEmpty());
  ASSERT_THAT(questions, SizeIs(2));
  EXPECT_EQ(questions[1].id, "2");
  EXPECT_EQ(questions[1].sequence, 1);
  EXPECT_EQ(questions[1].quantity, Quantity::kH);
  EXPECT_EQ(questions[1].layer, 0);
  EXPECT_THAT(questions[1].steps, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(questions[1].elements, ElementsAre(0));
  EXPECT_EQ(questions[1].points, 1);
  EXPECT_EQ(questions[1].credit, Credit::kPerValue);
  EXPECT_EQ(questions[1].comparison, DefaultComparison(Quantity::kH, kCourseRules));
}

TEST_F(ConvertQuestionTest, EveryFieldIsTaken) {
  v1::Question& question = *message_.add_questions();
  question.set_id("c.1-a_B");
  question.set_sequence(1);
  question.set_quantity(v1::QUANTITY_C);
  question.set_layer(0);
  question.add_steps(1);
  question.add_steps(4);
  question.add_elements(0);
  question.set_points(0);
  question.mutable_comparison()->set_ulps(3);
  question.set_credit(v1::CREDIT_CARRIED);
  const std::vector<Question> questions = Read();
  EXPECT_THAT(violations_, IsEmpty());
  ASSERT_THAT(questions, SizeIs(1));
  EXPECT_EQ(questions[0].id, "c.1-a_B");
  EXPECT_EQ(questions[0].sequence, 1);
  EXPECT_EQ(questions[0].quantity, Quantity::kC);
  EXPECT_THAT(questions[0].steps, ElementsAre(1, 4));
  EXPECT_EQ(questions[0].points, 0);
  EXPECT_EQ(questions[0].comparison, (Comparison{.ulps = 3}));
  EXPECT_EQ(questions[0].credit, Credit::kCarried);
}

TEST_F(ConvertQuestionTest, TheExercisesRulesHoldWhereAQuestionSaysNothing) {
  message_.mutable_comparison()->set_absolute(0.25);
  message_.mutable_comparison()->set_relative(0.5);
  message_.mutable_comparison()->set_decimals(2);
  message_.set_credit(v1::CREDIT_ALL_OR_NOTHING);
  message_.add_questions();
  message_.add_questions()->mutable_comparison();  // one without any rule: the default
  message_.mutable_questions(1)->set_credit(v1::CREDIT_PER_VALUE);
  const std::vector<Question> questions = Read();
  EXPECT_EQ(questions[0].comparison,
            (Comparison{.absolute = 0.25, .relative = 0.5, .decimals = 2}));
  EXPECT_EQ(questions[0].credit, Credit::kAllOrNothing);
  EXPECT_EQ(questions[1].comparison, DefaultComparison(Quantity::kH, kCourseRules));
  EXPECT_EQ(questions[1].credit, Credit::kPerValue);
}

TEST_F(ConvertQuestionTest, EveryGateOfTheCellCanBeAskedFor) {
  for (const v1::Quantity quantity :
       {v1::QUANTITY_H, v1::QUANTITY_C, v1::QUANTITY_FORGET_GATE, v1::QUANTITY_INPUT_GATE,
        v1::QUANTITY_OUTPUT_GATE, v1::QUANTITY_CANDIDATE}) {
    message_.add_questions()->set_quantity(quantity);
  }
  const std::vector<Question> questions = Read();
  EXPECT_THAT(violations_, IsEmpty());
  EXPECT_EQ(questions[2].quantity, Quantity::kForgetGate);
  EXPECT_EQ(questions[3].quantity, Quantity::kInputGate);
  EXPECT_EQ(questions[4].quantity, Quantity::kOutputGate);
  EXPECT_EQ(questions[5].quantity, Quantity::kCandidate);
}

TEST_F(ConvertQuestionTest, AGateThatTheCellLacksIsRefused) {
  for (const v1::Quantity quantity : {v1::QUANTITY_UPDATE_GATE, v1::QUANTITY_RESET_GATE}) {
    message_.clear_questions();
    message_.add_questions()->set_quantity(quantity);
    EXPECT_EQ(Violation(),
              absl::StrCat("exercise.questions[0].quantity: is ", v1::Quantity_Name(quantity),
                           ", which the cell of model.layers[0] does not have"));
  }
}

TEST_F(ConvertQuestionTest, IdsAreShortPlainAndUnique) {
  for (const std::string& id : {std::string("a b"), std::string("\u00E9"), std::string(64, 'a')}) {
    message_.clear_questions();
    message_.add_questions()->set_id(id);
    EXPECT_THAT(Violation(), HasSubstr("exercise.questions[0].id: is ")) << id;
  }
  message_.clear_questions();
  message_.add_questions()->set_id("2");
  message_.add_questions();
  EXPECT_THAT(Violation(), HasSubstr("exercise.questions[1].id: is \"2\", as that of another"));
}

TEST_F(ConvertQuestionTest, IndicesLieInTheirRangesAndAscend) {
  v1::Question& question = *message_.add_questions();
  question.set_sequence(2);
  EXPECT_EQ(Violation(), "exercise.questions[0].sequence: is 2; allowed are 0 to 1");
  question.set_sequence(-1);
  EXPECT_THAT(Violation(), HasSubstr(".sequence: is -1"));
  question.set_sequence(0);
  question.set_layer(1);
  EXPECT_EQ(Violation(), "exercise.questions[0].layer: is 1; allowed are 0 to 0");
  question.set_layer(0);
  question.add_steps(6);
  EXPECT_EQ(Violation(), "exercise.questions[0].steps[0]: is 6; allowed are 0 to 5");
  question.set_steps(0, 3);
  question.add_steps(3);
  EXPECT_THAT(Violation(), HasSubstr("steps[1]: is 3 and follows 3; must be ascending"));
  question.set_steps(1, 5);
  question.add_elements(1);
  EXPECT_EQ(Violation(), "exercise.questions[0].elements[0]: is 1; allowed are 0 to 0");
}

TEST_F(ConvertQuestionTest, PointsHaveABoundSoThatTheirSumIsANumber) {
  v1::Question& question = *message_.add_questions();
  question.set_points(1e308);
  EXPECT_THAT(Violation(), HasSubstr("exercise.questions[0].points: is 1e+308; must be at most"));
}

TEST_F(ConvertQuestionTest, AmountsAreFiniteAndNotNegative) {
  v1::Question& question = *message_.add_questions();
  for (const double bad :
       {-1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    question.Clear();
    question.set_points(bad);
    EXPECT_THAT(Violation(), HasSubstr("exercise.questions[0].points: is "));
    question.Clear();
    question.mutable_comparison()->set_absolute(bad);
    EXPECT_THAT(Violation(), HasSubstr("exercise.questions[0].comparison.absolute: is "));
    question.Clear();
    question.mutable_comparison()->set_relative(bad);
    EXPECT_THAT(Violation(), HasSubstr("exercise.questions[0].comparison.relative: is "));
  }
  question.Clear();
  question.mutable_comparison()->set_ulps(-1);
  EXPECT_THAT(Violation(), HasSubstr("comparison.ulps: is -1; must be at least 0"));
  for (const int decimals : {-1, 16}) {
    question.mutable_comparison()->Clear();
    question.mutable_comparison()->set_decimals(decimals);
    EXPECT_THAT(Violation(), HasSubstr("comparison.decimals: is "));
  }
  question.Clear();
  message_.mutable_comparison()->set_absolute(-1);
  EXPECT_THAT(Violation(), HasSubstr("exercise.comparison.absolute: is -1"));
}

TEST_F(ConvertQuestionTest, UnknownEnumValuesAreRefused) {
  v1::Question& question = *message_.add_questions();
  question.set_credit(static_cast<v1::Credit>(9));
  EXPECT_THAT(Violation(), HasSubstr("exercise.questions[0].credit: 9 is not a value of Credit"));
  question.set_credit(v1::CREDIT_UNSPECIFIED);
  question.set_quantity(static_cast<v1::Quantity>(99));
  EXPECT_THAT(Violation(), HasSubstr("exercise.questions[0].quantity: 99 is not a value"));
  question.Clear();
  message_.set_credit(static_cast<v1::Credit>(9));
  EXPECT_THAT(Violation(), HasSubstr("exercise.credit: 9 is not a value of Credit"));
}

TEST_F(ConvertQuestionTest, ThereIsACapOnWhatIsAsked) {
  Read(11);
  EXPECT_THAT(violations_, IsEmpty());
  Read(10);
  ASSERT_THAT(violations_, SizeIs(1));
  EXPECT_EQ(violations_[0].field, "exercise.sequences[1]");
  EXPECT_THAT(violations_[0].description, HasSubstr("1 more than an exercise may"));
  for (int i = 0; i < 10'000; ++i) message_.add_questions();
  EXPECT_LT(Read(100).size(), 30u);
  EXPECT_THAT(violations_, SizeIs(1));
}

TEST(ReadFeedback, KnowsEveryLevel) {
  FieldViolations violations;
  for (const Feedback level :
       {Feedback::kNone, Feedback::kSteps, Feedback::kDiagnosis, Feedback::kExpected}) {
    EXPECT_EQ(ReadFeedback(WriteFeedback(level), "feedback", violations), level);
  }
  EXPECT_EQ(ReadFeedback(v1::FEEDBACK_UNSPECIFIED, "feedback", violations), Feedback::kSteps);
  EXPECT_THAT(violations, IsEmpty());
  ReadFeedback(static_cast<v1::Feedback>(5), "feedback", violations);
  EXPECT_THAT(violations, SizeIs(1));
}

}  // namespace
}  // namespace cellar
