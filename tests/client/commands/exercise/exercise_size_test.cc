#include "client/commands/exercise/exercise_size.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "client/call_status.h"
#include "client/message_file.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ExerciseSizeTest : public ProgramTest {
 protected:
  // An exercise of a scalar cell with one sequence of so many steps.
  static std::string Long(int steps) {
    const std::string path = Scratch(absl::StrCat("long_", steps, ".textproto"));
    std::ofstream file(path);
    file << "model { layers { lstm {";
    for (const char* gate : {"forget_gate", "input_gate", "output_gate", "candidate"}) {
      file << " " << gate << " { input_weights { values: 1 } recurrent_weights { values: 1 }"
           << " bias { values: 0 } }";
    }
    file << " } } }\nsequences { inputs { values: [0";
    for (int i = 1; i < steps; ++i) file << ", " << i % 3;
    file << "] } }\n";
    return path;
  }
};

TEST_F(ExerciseSizeTest, TooManyStepsAreTheExercisesFault) {
  const std::string huge = Long(100'000);
  const std::string out = Scratch("too_large.json");
  for (const std::string& command :
       {"grade " + huge + " " + huge + " --format gradescope --out " + out,
        "grade " + huge + " --format edx-customresponse", "exercise check " + huge,
        "exercise check " + huge + " --propose " + Scratch("proposal.textproto")}) {
    Run(command);
    EXPECT_EQ(code(), 2) << command;
    EXPECT_THAT(error(), AllOf(HasSubstr("the exercise has 100000 steps"), HasSubstr("at most "),
                               HasSubstr("shorten the sequences"), Not(HasSubstr("STEP_COUNT"))))
        << command;
  }
  EXPECT_THAT(*ReadFile(out), HasSubstr("Autograder failed"));
}

TEST_F(ExerciseSizeTest, SoIsAModelThatIsTooLarge) {
  google::rpc::ErrorInfo info;
  info.set_domain("cellar");
  info.set_reason("MODEL_SIZE_LIMIT");
  (*info.mutable_metadata())["field"] = "hidden_size";
  (*info.mutable_metadata())["value"] = "9";
  (*info.mutable_metadata())["limit"] = "3";
  google::rpc::Status rich;
  rich.add_details()->PackFrom(info);
  const absl::Status told = ToldToAuthor(
      FromCall(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "no", rich.SerializeAsString())));
  EXPECT_EQ(told, absl::InvalidArgumentError("the exercise's model is too large: hidden_size is 9; "
                                             "at most 3 are possible"));
}

TEST_F(ExerciseSizeTest, OtherStatusesStayAsTheyAre) {
  EXPECT_EQ(ToldToAuthor(absl::OkStatus()), absl::OkStatus());
  const absl::Status other = absl::ResourceExhaustedError("STEP_COUNT_LIMIT");
  EXPECT_EQ(ToldToAuthor(other), other);
}

}  // namespace
}  // namespace cellar
