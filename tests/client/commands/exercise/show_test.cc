#include <fstream>

#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class ExerciseShowTest : public ProgramTest {};

TEST_F(ExerciseShowTest, ASeedDrawsItsNumbersAlways) {
  const std::string command = "exercise show " + Example("grading/varied.textproto");
  const std::string ada = MustRun(command + " --seed ada");
  EXPECT_EQ(MustRun(command + " --seed ada"), ada);
  EXPECT_NE(MustRun(command + " --seed barbara"), ada);
  EXPECT_EQ(RunLocally(command + " --seed ada"), ada) << "whoever draws";
  EXPECT_THAT(MustRun(command), HasSubstr("variations"));
}

TEST_F(ExerciseShowTest, WhatItPrintsIsAFile) {
  const std::string path = Scratch("ada.textproto");
  std::ofstream(path) << MustRun("exercise show " + Example("grading/varied.textproto") +
                                 " --seed ada");
  EXPECT_THAT(MustRun("run " + path), HasSubstr("LSTM by hand\n"));
  EXPECT_THAT(MustRun("exercise show " + path + " --json"),
              HasSubstr("\"title\": \"LSTM by hand\""));
}

TEST_F(ExerciseShowTest, OneOnTheServerIsShownByName) {
  MustRun("exercise create " + Example("grading/homework.textproto") + " --id hw");
  EXPECT_THAT(MustRun("exercise show exercises/hw"), HasSubstr("title: \"LSTM states\"\n"));
}

}  // namespace
}  // namespace cellar
