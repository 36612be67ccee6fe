#include <algorithm>

#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class SessionStreamTest : public ProgramTest {
 protected:
  // A session called "mine" on the homework's LSTM.
  void MakeSession() {
    MustRun("session create --file " + Example("homework.textproto") + " --id mine");
  }
};

TEST_F(SessionStreamTest, PrintsAStepForEachLine) {
  MakeSession();
  std::string input;
  for (int i = 0; i < 50; ++i) input += i % 2 == 0 ? "1\n" : "1 0\n";
  const std::string out = RunWithInput("session stream mine --view output --csv", input);
  EXPECT_EQ(code(), 0) << error();
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1 + 75);
  EXPECT_THAT(MustRun("session get mine"), HasSubstr("next step      75\n"));
}

TEST_F(SessionStreamTest, MayBeRepeatedFromAnEarlierStep) {
  MakeSession();
  const std::string first = RunWithInput("session stream mine", "1\n1\n0\n");
  EXPECT_EQ(RunWithInput("session stream mine --from 0", "1\n1\n0\n"), first);
  EXPECT_THAT(MustRun("session get mine"), HasSubstr("next step      3\n"));
}

TEST_F(SessionStreamTest, ATableMayHaveAHeaderCommentsAndQuotes) {
  MakeSession();
  EXPECT_EQ(RunWithInput("session stream mine --view output --csv",
                         "\xEF\xBB\xBF# made by hand\n\"input\"\n\"1\"\n0 # off\n"),
            "t,x,h\n0,1,0.7615942\n1,0,-0.3807971\n");
  EXPECT_EQ(code(), 0) << error();
  EXPECT_EQ(error(), "input line 2 names the columns; no step is made of it\n");
}

TEST_F(SessionStreamTest, WhatIsNoNumberIsNoHeaderAndNoComment) {
  MakeSession();
  RunWithInput("session stream mine",
               "\xE2\x80\x93"
               "1\n1\n");
  EXPECT_THAT(error(), HasSubstr("input line 1: ")) << "a dash";
  RunWithInput("session stream mine",
               "\xEF\xBB\xBF"
               "0\n#REF!\n");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("input line 2: \"#REF!\" is not a number"));
  EXPECT_THAT(MustRun("session get mine"), HasSubstr("next step      1\n"));
}

TEST_F(SessionStreamTest, ACommaInQuotesIsNoSeparator) {
  MakeSession();
  EXPECT_EQ(RunWithInput("session stream mine --view output --csv", "1\n\"0,5\"\n"),
            "t,x,h\n0,1,0.7615942\n");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("input line 2: there is a comma in quotes"));
}

TEST_F(SessionStreamTest, ALineThatTheServerRefusesIsNamed) {
  MustRun("session create --file " + Example("gru.textproto") + " --id two");
  RunWithInput("session stream two", "1 1\n1 1\n\n1 1 1\n1 1\n");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("error: input line 4: "));
}

TEST_F(SessionStreamTest, ALineThatCannotBeReadEndsItAfterTheOnesBefore) {
  MakeSession();
  const std::string out = RunWithInput("session stream mine --view output --csv", "1\n\nx\n1\n");
  EXPECT_EQ(code(), 2);
  EXPECT_EQ(out, "t,x,h\n0,1,0.7615942\n");
  EXPECT_THAT(error(), HasSubstr("input line 3: \"x\" is not a number"));
}

}  // namespace
}  // namespace cellar
