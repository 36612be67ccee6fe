#include "server/grading/submission_reader.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/exercise_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Optional;
using ::testing::SizeIs;

const auto kFirst = Optional(ElementsAre(0, 0, 1, -1, 1, 0));
const auto kSecond = Optional(ElementsAre(1, -1, 0, 1, -1));

TEST(ReadText, TakesTheQuestionsOneAfterAnother) {
  const ReadAnswer read =
      ReadText(HomeworkExercise(), "[0, 0, 1, \u22121, 1, -0]\n[1, -1, 0, 1, -1]");
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.answer, ElementsAre(kFirst, kSecond));
}

TEST(ReadText, TellsAWrongCountAndAnUnreadablePlace) {
  EXPECT_EQ(
      ReadText(HomeworkExercise(), "").problems[0].reason,
      "there are no values in the answer; wanted are 11 (6 for question 1, 5 for question 2)");
  const ReadProblems problems = ReadText(HomeworkExercise(), "[0, 0, 1, -1").problems;
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].line, 1);
  EXPECT_EQ(problems[0].column, 1);
}

TEST(ReadTexts, GoByTheQuestionsIds) {
  const ReadAnswer read =
      ReadTexts(HomeworkExercise(), {{"2", "1 -1 0 1 -1"}, {"1", "(0,0,1,-1,1,0)"}});
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.answer, ElementsAre(kFirst, kSecond));
}

TEST(ReadTexts, AQuestionWithoutTextHasNoAnswer) {
  const ReadAnswer read = ReadTexts(HomeworkExercise(), {{"1", "0,0,1,-1,1,0"}, {"2", " \n"}});
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.answer, ElementsAre(kFirst, std::nullopt));
  EXPECT_THAT(ReadTexts(HomeworkExercise(), {}).answer, ElementsAre(std::nullopt, std::nullopt));
}

TEST(ReadTexts, TellTheQuestionOfEveryProblem) {
  const ReadProblems problems =
      ReadTexts(HomeworkExercise(), {{"1", "0,0"}, {"2", "1 x"}, {"three", "1"}}).problems;
  ASSERT_THAT(problems, SizeIs(3));
  EXPECT_EQ(problems[0], (ReadProblem{.question = "1",
                                      .reason = "there are 2 values in the answer; wanted are 6"}));
  EXPECT_EQ(problems[1].question, "2");
  EXPECT_EQ(problems[1].column, 3);
  EXPECT_EQ(problems[2],
            (ReadProblem{.question = "three", .reason = "the exercise has no such question"}));
}

// Both parts, each as its format has it.
constexpr char kJson[] = R"({"1": [0, 0, 1, -1, 1, 0], "2": [1, -1, 0, 1, -1]})";
constexpr char kCsv[] =
    "sequence,t,h\n0,0,0\n0,1,0\n0,2,1\n0,3,-1\n0,4,1\n0,5,0\n"
    "1,0,1\n1,1,-1\n1,2,0\n1,3,1\n1,4,-1\n";
constexpr char kTyped[] = "[0, 0, 1, -1, 1, 0], [1, -1, 0, 1, -1]";

// An .npy file of version 1.
std::string Npy() {
  std::string header = "{'descr': '|i1', 'fortran_order': False, 'shape': (11,), }\n";
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size());
  file += '\0';
  return file + header + std::string("\0\0\1\xFF\1\0\1\xFF\0\1\xFF", 11);
}

TEST(ReadFile, TellsTheFormByTheFirstBytes) {
  for (const std::string& content :
       {std::string(kJson), std::string(kCsv), std::string(kTyped), Npy(),
        " \n" + std::string(kJson), "\xEF\xBB\xBF" + std::string(kJson),
        std::string("{0 0 1 -1 1 0} {1 -1 0 1 -1}"),
        std::string("[[\"0\", 0, 1, -1, 1, 0], [1, -1, 0, 1, -1]]")}) {
    const ReadAnswer read = ReadFile(HomeworkExercise(), AnswerFormat::kUnspecified, content);
    EXPECT_THAT(read.problems, IsEmpty()) << content;
    EXPECT_THAT(read.answer, ElementsAre(kFirst, kSecond)) << content;
  }
}

// What is typed with a quote where none belongs is not gradable, at the quote's place.
TEST(ReadFile, AStrayQuoteOrBraceMakesNoJsonOfWhatIsTyped) {
  struct Typed {
    const char* text;
    int64_t column;
    const char* word;
  };
  for (const Typed& typed :
       {Typed{"[0, 0, 1, -1, 1, \"0] [1 -1 0 1 -1]", 18, "\"\\\"0\""},
        Typed{"[0, 0, 1, -1, 1, 0] [1 -1 0 1 -1]\"", 34, "\"\\\"\""},
        Typed{"[0, 0, 1, -1, 1, 0 {1 -1 0 1 -1}", 1, "\"[\" is not closed"},
        Typed{"{\"0, 0, 1}", 2, "\"\\\"0\""}, Typed{"{\"0\", 0, 1}", 2, "\"\\\"0\\\"\""},
        Typed{"{ \"0", 3, "\"\\\"0\""}}) {
    const ReadProblems problems =
        ReadFile(HomeworkExercise(), AnswerFormat::kUnspecified, typed.text).problems;
    ASSERT_FALSE(problems.empty()) << typed.text;
    EXPECT_EQ(problems[0].line, 1) << typed.text;
    EXPECT_EQ(problems[0].column, typed.column) << typed.text;
    EXPECT_THAT(problems[0].reason, HasSubstr(typed.word)) << typed.text;
    for (const ReadProblem& problem : problems) {
      EXPECT_THAT(problem.reason, Not(HasSubstr("JSON"))) << typed.text;
    }
  }
}

TEST(ReadFile, AnObjectIsJsonAlsoWithAFault) {
  for (const char* content : {"{\"1\": [0, 0", " { \"a\\\"b\" : 1 2}", "{\"h\":"}) {
    const ReadProblems problems =
        ReadFile(HomeworkExercise(), AnswerFormat::kUnspecified, content).problems;
    ASSERT_THAT(problems, SizeIs(1)) << content;
    EXPECT_THAT(problems[0].reason, HasSubstr("is no JSON")) << content;
  }
}

TEST(ReadFile, AnArrayWithTextsIsJsonIfItIsSound) {
  const Exercise exercise = HomeworkExercise();
  const auto reason = [&](const char* content) {
    return ReadFile(exercise, AnswerFormat::kUnspecified, content).problems.at(0).reason;
  };
  EXPECT_THAT(reason("[\"x\", 0]"), HasSubstr("an answer holds numbers, arrays of them"));
  EXPECT_THAT(reason("[\"NaN\", 0"), HasSubstr("write numbers as"));
}

TEST(ReadFile, AChosenFormIsTheFormItIsReadIn) {
  const Exercise exercise = HomeworkExercise();
  EXPECT_THAT(ReadFile(exercise, AnswerFormat::kJson, kJson).problems, IsEmpty());
  EXPECT_THAT(ReadFile(exercise, AnswerFormat::kCsv, kCsv).problems, IsEmpty());
  EXPECT_THAT(ReadFile(exercise, AnswerFormat::kText, kTyped).problems, IsEmpty());
  EXPECT_THAT(ReadFile(exercise, AnswerFormat::kNpy, Npy()).problems, IsEmpty());
  for (const AnswerFormat format : {AnswerFormat::kJson, AnswerFormat::kCsv, AnswerFormat::kNpy}) {
    EXPECT_THAT(ReadFile(exercise, format, kTyped).problems, SizeIs(1));
  }
  EXPECT_FALSE(ReadFile(exercise, AnswerFormat::kText, kJson).problems.empty());
}

}  // namespace
}  // namespace cellar
