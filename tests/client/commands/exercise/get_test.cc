#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class ExerciseGetTest : public ProgramTest {};

TEST_F(ExerciseGetTest, TellsWhatIsAsked) {
  MustRun("exercise create " + Example("grading/varied.textproto") + " --id v");
  const std::string text = MustRun("exercise get v");
  EXPECT_THAT(text, HasSubstr("exercises/v\n"));
  EXPECT_THAT(text, HasSubstr("comparison  may be off by 0.002\n"));
  EXPECT_THAT(text, HasSubstr("question c  c of sequence 1; 1 point: c of each step\n"));
  EXPECT_THAT(MustRun("exercise get exercises/v --json"), HasSubstr("\"name\": \"exercises/v\""));
}

TEST_F(ExerciseGetTest, OneThatIsNotThereIsTold) {
  Run("exercise get v");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("EXERCISE_NOT_FOUND"));
}

}  // namespace
}  // namespace cellar
