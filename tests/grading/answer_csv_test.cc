#include "server/grading/answer_csv.h"

#include <cmath>
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
using ::testing::SizeIs;

Exercise TwoSteps() {
  Exercise exercise = ExerciseOf(HomeworkModel(), {}, {{1, 1}, {1}});
  Ask(exercise, Quantity::kH, 0);
  Ask(exercise, Quantity::kForgetGate, 0);
  Ask(exercise, Quantity::kH, 1);
  return exercise;
}

// "line:column reason" of the first problem.
std::string CsvProblem(absl::string_view content) {
  const ReadProblems problems = ReadCsv(TwoSteps(), content).problems;
  if (problems.empty()) return "no problem";
  return absl::StrCat(problems[0].line, ":", problems[0].column, " ", problems[0].reason);
}

TEST(ReadCsv, WhatCellarRunPrints) {
  const ReadAnswer read = ReadCsv(TwoSteps(),
                                  "sequence,t,x,f,i,o,g,c,unrounded_h,h\n"
                                  "0,0,1,0.5,1,1,1,1,0.76,1\n"
                                  "0,1,1,0.25,1,1,-1,-1,-0.76,-1\n"
                                  "1,0,1,0,1,1,1,1,0.76,7\n");
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.answer, ElementsAre(Optional(ElementsAre(1, -1)),
                                       Optional(ElementsAre(0.5, 0.25)), Optional(ElementsAre(7))));
}

TEST(ReadCsv, LayersAndElementsHaveColumns) {
  const auto model = RandomModel(
      3, {.kind = CellKind::kGruResetAfter, .layer_count = 2, .max_size = 2, .variants = false});
  Exercise exercise = ExerciseOf(model, {}, {RandomNumbers<double>(1, model->input_size())});
  Ask(exercise, Quantity::kH);
  const auto width = static_cast<size_t>(model->output_size());
  std::string text = "t,layer,k,x,z,h\n";
  std::vector<double> wanted;
  for (const int layer : {1, 2}) {
    for (size_t k = 0; k < width; ++k) {
      absl::StrAppend(&text, "0,", layer, ",", k, ",\"1 2\",0.5,", 10 * layer + k, "\n");
      if (layer == 2) wanted.push_back(static_cast<double>(10 * layer + k));
    }
  }
  EXPECT_EQ(ReadCsv(exercise, text).answer[0], wanted);
}

TEST(ReadCsv, LinesAreStepsWithoutT) {
  for (const char* text :
       {"h\n1\n\u22121\n", "\xEF\xBB\xBFh\r\n1\r\n-1\r\n", "f;h\n0,5;1\n0,5;-1",
        "f\th\n0,5\t1\n0,5\t-1\n", "f, h\n0.5, 1\n\n0.5, -1\n\n", "\"h\"\n\"1\"\n\"-1\"\n"}) {
    const ReadAnswer read = ReadCsv(TwoSteps(), text);
    EXPECT_THAT(read.problems, IsEmpty()) << text << read.problems[0].reason;
    EXPECT_THAT(read.answer[0], Optional(ElementsAre(1, -1))) << text;
  }
}

TEST(ReadCsv, NanAndInfinityAreValues) {
  const ReadAnswer read = ReadCsv(TwoSteps(), "h\nNaN\n-\u221E\n");
  EXPECT_TRUE(std::isnan(read.answer[0]->at(0)));
  EXPECT_EQ(read.answer[0]->at(1), -INFINITY);
}

TEST(ReadCsv, TellsWhatCannotBeReadAndWhere) {
  EXPECT_THAT(CsvProblem("t,h\n0,one\n1,-1\n"), HasSubstr("2:3 \"one\" is no number"));
  EXPECT_THAT(CsvProblem("t,h\n0,1\nx,-1\n"), HasSubstr("3:1 there must be an index"));
  EXPECT_THAT(CsvProblem("h,t\n1,\n"),
              HasSubstr("2:3 there must be an index, from 0, in column 2"));
  EXPECT_THAT(CsvProblem("1,2\n"), HasSubstr("1:1 this is no header"));
  EXPECT_THAT(CsvProblem("# mine\n\n1,2\n3\n"), HasSubstr("3:1 this is no header"));
  EXPECT_THAT(CsvProblem("layer,h\n0,1\n"),
              HasSubstr("there must be an index, from 1, in column 1"));
  EXPECT_THAT(CsvProblem("h,c,h\n1,2,3\n"), HasSubstr("names a letter twice, again in column 3"));
  EXPECT_THAT(CsvProblem("t,h\n-1,1\n"), HasSubstr("there must be an index"));
  EXPECT_THAT(CsvProblem("t,h\n0,1\n"), HasSubstr("step 1, element 0"));
  EXPECT_THAT(CsvProblem(""), HasSubstr("no value in it"));
  EXPECT_THAT(CsvProblem("h\n\xFF\n"), HasSubstr("2:1 this is not text in UTF-8"));
}

TEST(ReadCsv, ARowThatHasNotAsManyValuesAsTheHeaderIsTold) {
  EXPECT_EQ(CsvProblem("t,h\n0,1\n1\n"), "3:1 this row has 1 value; the header names 2 columns");
  EXPECT_EQ(CsvProblem("t;h\n0;1\n1;-1;2\n"),
            "3:6 this row has 3 values; the header names 2 columns");
  const char* const decimal_comma =
      "2:3 this row has 2 values; the header names 1 column (between numbers with a decimal comma, "
      "write semicolons)";
  EXPECT_EQ(CsvProblem("h\n0,5\n-1\n"), decimal_comma) << "0 would be graded";
  EXPECT_THAT(ReadCsv(TwoSteps(), "h\n0,5\n1,5\n").problems, SizeIs(2));
}

TEST(ReadCsv, EmptyRowsAndEmptyValuesBehindTheLastColumnAreNothing) {
  const ReadAnswer read = ReadCsv(TwoSteps(), "t,h,\n0,1,,\n,,\n1,-1,\n,,,,\n");
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.answer[0], Optional(ElementsAre(1, -1)));
}

TEST(ReadCsv, CommentsArePassedOver) {
  const ReadAnswer read =
      ReadCsv(TwoSteps(), "# mine, c\n\n  ## too\nh\n#\n1\n# h: the second\n-1\n");
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.answer[0], Optional(ElementsAre(1, -1)));
}

TEST(ReadCsv, TheHeaderMayBeAComment) {
  const ReadAnswer read = ReadCsv(TwoSteps(), "# by hand\n# f,h\n0.5,1\n0.25,-1\n");
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.answer[0], Optional(ElementsAre(1, -1)));
  EXPECT_THAT(read.answer[1], Optional(ElementsAre(0.5, 0.25)));
}

TEST(ReadCsv, AnErrorOfASpreadsheetIsNoComment) {
  EXPECT_THAT(CsvProblem("h\n#REF!\n-1\n"), HasSubstr("2:1 \"#REF!\" is no number"));
  EXPECT_THAT(CsvProblem("h,f\n1,1\n#DIV/0!,1\n"), HasSubstr("3:1 \"#DIV/0!\" is no number"));
  EXPECT_THAT(CsvProblem("h\n1\n#N/A\n"), HasSubstr("3:1 \"#N/A\" is no number"));
}

TEST(HasCsvHeader, TellsHeadersFromNumbers) {
  for (const char* text : {"h", "t,h\n", "sequence;t;c", "f\th\r\n", "\xEF\xBB\xBFh\n",
                           "# mine\r\n\r\nt,h\r\n", "# t,h\n0,1\n"}) {
    EXPECT_TRUE(HasCsvHeader(text)) << text;
  }
  for (const char* text :
       {"", "0,1", "[0, 1]", "t,x\n", "NaN", "inf", "# mine\n0 1\n", "# mine\n"}) {
    EXPECT_FALSE(HasCsvHeader(text)) << text;
  }
}

}  // namespace
}  // namespace cellar
