#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class RunCommandTest : public ProgramTest {};

TEST_F(RunCommandTest, TheHomeworkComesOutAsTheCourseSays) {
  EXPECT_EQ(MustRun("run " + Example("homework.textproto")),
            "The course's LSTM\n"
            "float32, exact activations\n"
            "\n"
            "first sequence: 0 0 1 1 1 0\n"
            "t  x          f  i    o   g   c        h\n"
            "0  0  3.784e-44  1  0.5   0   0        0\n"
            "1  0  3.784e-44  1  0.5   0   0        0\n"
            "2  1  3.784e-44  1    1   1   1   0.7616\n"
            "3  1  3.784e-44  1    1  -1  -1  -0.7616\n"
            "4  1  3.784e-44  1    1   1   1   0.7616\n"
            "5  0  3.784e-44  1  0.5  -1  -1  -0.3808\n"
            "\n"
            "second sequence: 1 1 0 1 1\n"
            "t  x          f  i    o   g   c        h\n"
            "0  1  3.784e-44  1    1   1   1   0.7616\n"
            "1  1  3.784e-44  1    1  -1  -1  -0.7616\n"
            "2  0  3.784e-44  1  0.5   1   1   0.3808\n"
            "3  1  3.784e-44  1    1   1   1   0.7616\n"
            "4  1  3.784e-44  1    1  -1  -1  -0.7616\n");
}

TEST_F(RunCommandTest, TheHomeworkRoundsAlikeUnderEveryRule) {
  for (const char* rule : {"", " --precision float64", " --rounding-scope feedback",
                           " --activation saturating --rounding-scope feedback"}) {
    EXPECT_THAT(
        MustRun("run " + Example("homework.textproto") + " --rounding nearest" + rule),
        AllOf(HasSubstr("h rounded: 0 0 1 -1 1 0\n"), HasSubstr("h rounded: 1 -1 0 1 -1\n")))
        << rule;
  }
  // Saturating gates without feedback: h = 0.5 on the 0 makes g = tanh(50 - 50) = 0 after it.
  EXPECT_THAT(MustRun("run " + Example("homework.textproto") +
                      " --activation saturating --rounding nearest"),
              AllOf(HasSubstr("h rounded: 0 0 1 -1 1 0\n"), HasSubstr("h rounded: 1 -1 0 0 1\n")));
  EXPECT_THAT(MustRun("run " + Example("homework_course_rules.textproto")),
              AllOf(HasSubstr("h rounded: 0 0 1 -1 1 0\n"), HasSubstr("unrounded_h")));
}

TEST_F(RunCommandTest, ARoundedHIsNotFedBackWhereNobodySaysHowItIsRounded) {
  Run("run " + Example("homework.textproto") + " --rounding-scope feedback");
  EXPECT_NE(code(), 0);
  EXPECT_THAT(error(),
              AllOf(HasSubstr("--rounding-scope"), HasSubstr("set --rounding to nearest")));
  MustRun("run " + Example("homework_course_rules.textproto") + " --rounding none");
}

TEST_F(RunCommandTest, TheParityCellCountsExactly) {
  const std::string out = MustRun("run " + Example("parity.textproto") + " --rounding nearest");
  EXPECT_THAT(out, HasSubstr("h rounded: -1 1 1 -1 1 1 1 -1 1\n"));
  EXPECT_THAT(out, HasSubstr("h rounded: 1 -1 1 -1\n"));
}

TEST_F(RunCommandTest, TheGruHoldsItsValue) {
  const std::string csv = MustRun("run " + Example("gru.textproto") + " --csv");
  EXPECT_THAT(csv, HasSubstr("sequence,t,x,z,r,g,h\n"));
  for (const char* row : {"0,1,0.25 1,", "0,2,0.75 0,", "0,4,1 0,"}) {
    const size_t at = csv.find(row);
    ASSERT_NE(at, std::string::npos) << csv;
    const std::string line = csv.substr(at, csv.find('\n', at) - at);
    EXPECT_THAT(line, ::testing::EndsWith(",0.46211717")) << "tanh(0.5), kept";
  }
}

TEST_F(RunCommandTest, TheStackSeesTwoOfBoth) {
  const std::string out = MustRun("run " + Example("stacked_lstm.json") + " --rounding nearest");
  EXPECT_THAT(out,
              AllOf(HasSubstr("layer 1\n"), HasSubstr("c[0]       c[1]"), HasSubstr("layer 2\n"),
                    HasSubstr("h rounded: 0 0 0 1 1\n"), HasSubstr("h rounded: 0 0 0 0 0\n")));
}

TEST_F(RunCommandTest, InputsReplaceTheSequences) {
  EXPECT_THAT(MustRun("run " + Example("homework.textproto") +
                      " --rounding nearest --inputs '1 1' --inputs 0,1,0"),
              AllOf(HasSubstr("sequence 1\n"), HasSubstr("h rounded: 1 -1\n"),
                    HasSubstr("sequence 2\n"), HasSubstr("h rounded: 0 1 0\n")));
  Run("run " + Example("homework.textproto") + " --inputs '1 x'");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("--inputs: \"x\" is not a number"));
}

TEST_F(RunCommandTest, AFileThatCannotBeReadIsNamed) {
  Run("run no_such_file");
  EXPECT_EQ(code(), 2);
  EXPECT_EQ(error(), "error: cannot read no_such_file: No such file or directory\n");
}

TEST_F(RunCommandTest, ACommaSeparatesTheNumbersOfAStep) {
  Run("run " + Example("gru.textproto") + " --inputs 0,5");
  EXPECT_EQ(code(), 0) << error();
  Run("run " + Example("homework.textproto") + " --inputs 0,5");
  EXPECT_EQ(code(), 2);
}

TEST_F(RunCommandTest, ARefusalNamesTheField) {
  Run("run " + Example("gru.textproto") + " --inputs '1 2 3'");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), AllOf(HasSubstr("sequences[0].inputs"), HasSubstr("INVALID_ARGUMENT")));
}

TEST_F(RunCommandTest, NobodyThereIsToldWithTheWayOut) {
  StopServer();
  Run("run " + Example("homework.textproto"));
  EXPECT_EQ(code(), 4);
  EXPECT_THAT(error(), AllOf(HasSubstr("no server answers at 127.0.0.1:"),
                             HasSubstr("start one with `cellar-server --listen 127.0.0.1:")));
}

}  // namespace
}  // namespace cellar
