#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <sstream>

#include "absl/strings/str_cat.h"
#include "cellar/v1/grading_service.grpc.pb.h"
#include "client/commands/program.h"
#include "client/exercise_file.h"
#include "client/grading/output_file.h"
#include "client/message_file.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Sees one mistake and not the other; proposes what it was sent, under another title.
class FakeChecker : public v1::GradingService::Service {
 public:
  grpc::Status CheckExercise(grpc::ServerContext* /*context*/,
                             const v1::CheckExerciseRequest* request,
                             v1::CheckExerciseResponse* response) override {
    answers_wanted = request->answers();
    if (answers_wanted && has_no_room_for_answers) {
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "too long"};
    }
    v1::MistakeVisibility& seen = *response->add_mistakes();
    if (answers_wanted) seen.add_answer(0.5);
    seen.set_mistake("sign_lost");
    seen.set_title("a sign is lost");
    seen.set_visible(true);
    seen.set_applicable(true);
    v1::MistakeVisibility& unseen = *response->add_mistakes();
    unseen.set_mistake("c_forgotten");
    unseen.set_applicable(true);
    unseen.add_same_as("c_doubled");
    response->add_mistakes()->set_mistake("of_another_cell");
    if (!request->propose() || proposes_nothing) return grpc::Status::OK;
    v1::ExerciseProposal& proposal = *response->mutable_proposal();
    *proposal.mutable_exercise() = request->inline_exercise();
    proposal.mutable_exercise()->set_title("better");
    v1::Question& added = *proposal.mutable_exercise()->add_questions();
    added.set_id("also_c_1");
    added.set_prompt("c");
    proposal.set_changes("b_f is 0.5");
    proposal.add_unseen("h_raw");
    return grpc::Status::OK;
  }

  bool proposes_nothing = false;
  bool has_no_room_for_answers = false;
  bool answers_wanted = false;  // by the last request
};

class ExerciseCheckTest : public ::testing::Test {
 protected:
  ExerciseCheckTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&checker_);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    server_ = builder.BuildAndStart();
  }
  ~ExerciseCheckTest() override { server_->Shutdown(); }

  std::string Check(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"--server", absl::StrCat("127.0.0.1:", port_), "exercise", "check",
                                 std::string(CELLAR_EXAMPLES) + "/grading/homework.textproto"});
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(RunProgram(flags, out, err), 0) << err.str();
    return out.str();
  }

  FakeChecker checker_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(ExerciseCheckTest, TellsWhatTheExerciseCannotSee) {
  const std::string text = Check({});
  EXPECT_THAT(text, AllOf(HasSubstr("c_forgotten"), Not(HasSubstr("sign_lost"))));
  EXPECT_FALSE(checker_.answers_wanted);
  EXPECT_THAT(Check({"--json"}), HasSubstr("\"mistake\": \"of_another_cell\""));
}

TEST_F(ExerciseCheckTest, TellsAllAndTheAnswersIfAsked) {
  EXPECT_THAT(Check({"--all"}), HasSubstr("\n0.5     a sign is lost      sign_lost\n"));
  checker_.has_no_room_for_answers = true;
  EXPECT_THAT(Check({"--all"}), HasSubstr("\n(1)     a sign is lost      sign_lost\n"));
}

TEST_F(ExerciseCheckTest, AProposalIsWrittenAsAFile) {
  const std::string path = ::testing::TempDir() + "/cellar_proposal.textproto";
  EXPECT_THAT(Check({"--propose", path}),
              HasSubstr("Written to " + path + ": b_f is 0.5\nIt does not see: h_raw; pairs"));
  EXPECT_THAT(*ReadFile(path), HasSubstr("title: \"better\"\n"));
  EXPECT_THAT(Check({"--propose", "-"}), HasSubstr("\n\ntitle: \"better\"\n"));
  checker_.proposes_nothing = true;
  EXPECT_THAT(Check({"--propose", path}), HasSubstr("Nothing better was found"));
}

TEST_F(ExerciseCheckTest, NoProposalIsWrittenOverItsExercise) {
  const std::string path = ::testing::TempDir() + "/cellar_own_exercise.textproto";
  const std::string text = *ReadFile(std::string(CELLAR_EXAMPLES) + "/grading/homework.textproto");
  ASSERT_TRUE(WriteWholeFile(path, text).ok());
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(RunProgram({"--server", absl::StrCat("127.0.0.1:", port_), "exercise", "check", path,
                        "--propose", path},
                       out, err),
            2);
  EXPECT_THAT(err.str(), HasSubstr("--propose: " + path + " would be written over"));
  EXPECT_EQ(*ReadFile(path), text);
}

TEST_F(ExerciseCheckTest, WhatSpeaksOfTheOldNumbersIsToldOnTheTerminalAndInTheFile) {
  const std::string path = ::testing::TempDir() + "/cellar_proposal_texts.textproto";
  const std::string to_edit =
      "Edit before students see it; these texts still speak of the old numbers: title, "
      "description, sequences[0].title, sequences[1].title, questions[0].prompt, "
      "questions[1].prompt\n";
  EXPECT_THAT(Check({"--propose", path}), ::testing::EndsWith(to_edit));
  EXPECT_THAT(*ReadFile(path),
              ::testing::StartsWith(
                  "# Proposed by `cellar exercise check --propose`. b_f is 0.5\n# " + to_edit));
  EXPECT_TRUE(LoadExercise(path).ok());
}

}  // namespace
}  // namespace cellar
