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
  // The example of a homework with further text behind it.
  static std::string HomeworkWith(const std::string& more) {
    const std::string path = Scratch("mistaken.textproto");
    std::ofstream(path) << *ReadFile(Example("grading/homework.textproto")) << "\n" << more;
    return path;
  }

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
      FromCall(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "no", rich.SerializeAsString())),
      "a.json");
  EXPECT_EQ(told, absl::InvalidArgumentError("the exercise's model is too large: hidden_size is 9; "
                                             "at most 3 are possible"));
}

TEST_F(ExerciseSizeTest, AMistakeInTheFileIsToldAtItsPlaceAndNotAsARefusal) {
  const std::string file = HomeworkWith("questions { id: \"r\" quantity: QUANTITY_RESET_GATE }\n");
  for (const std::string& command : {"exercise check " + file, "grade " + file + " " + file}) {
    Run(command);
    EXPECT_EQ(code(), 2) << command;
    EXPECT_THAT(error(), AllOf(HasSubstr("error: " + file + ":"),
                               HasSubstr(": questions[2].quantity: is QUANTITY_RESET_GATE"),
                               Not(HasSubstr("inline_exercise")), Not(HasSubstr("BAD_REQUEST"))))
        << command;
  }
}

TEST_F(ExerciseSizeTest, SeveralMistakesHaveALineEach) {
  const std::string file = HomeworkWith(
      "questions { id: \"r\" quantity: QUANTITY_RESET_GATE }\n"
      "questions { id: \"s\" sequence: 7 }\n");
  Run("exercise check " + file);
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), AllOf(HasSubstr("error: there are 2 mistakes:\n  " + file + ":"),
                             HasSubstr(": questions[3]"), Not(HasSubstr("BAD_REQUEST"))));
}

TEST_F(ExerciseSizeTest, AFieldThatHasNoPlaceIsToldOfTheFile) {
  google::rpc::BadRequest bad_request;
  bad_request.add_field_violations()->set_field("inline_exercise.title");
  google::rpc::Status rich;
  rich.add_details()->PackFrom(bad_request);
  const auto refusal = [&rich] {
    return FromCall(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "", rich.SerializeAsString()));
  };
  const absl::Status told = ToldToAuthor(refusal(), "a.json");
  EXPECT_FALSE(IsFromCall(told));
  EXPECT_EQ(GetCallError(told).fields[0].field, "a.json: title");
  bad_request.mutable_field_violations(0)->set_field("seed");
  rich.mutable_details(0)->PackFrom(bad_request);
  EXPECT_TRUE(IsFromCall(ToldToAuthor(refusal(), "a.json"))) << "not the file's";
}

TEST_F(ExerciseSizeTest, OtherStatusesStayAsTheyAre) {
  EXPECT_EQ(ToldToAuthor(absl::OkStatus(), "a.json"), absl::OkStatus());
  const absl::Status other = absl::ResourceExhaustedError("STEP_COUNT_LIMIT");
  EXPECT_EQ(ToldToAuthor(other, "a.json"), other);
}

}  // namespace
}  // namespace cellar
