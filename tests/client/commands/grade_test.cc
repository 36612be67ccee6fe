#include <grpcpp/grpcpp.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "cellar/v1/session_service.grpc.pb.h"
#include "client/message_file.h"
#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class GradeCommandTest : public ProgramTest {
 protected:
  // A file with an answer, called NAME.txt.
  static std::string Answer(const std::string& name, const std::string& text) {
    const std::string path = Scratch(name + ".txt");
    std::ofstream(path) << text;
    return path;
  }
  static std::string Right() { return Answer("right", "[0,0,1,-1,1,0] [1,-1,0,1,-1]"); }
  static std::string Homework() { return Example("grading/homework.textproto"); }
};

TEST_F(GradeCommandTest, ARightAnswerHasAllPoints) {
  EXPECT_THAT(MustRun("grade " + Homework() + " " + Right()), HasSubstr("right: 2 of 2 points\n"));
}

TEST_F(GradeCommandTest, WithoutAServerOneInsideTheProcessGrades) {
  EXPECT_THAT(RunLocally("grade " + Homework() + " " + Right()), HasSubstr("2 of 2 points\n"));
  EXPECT_EQ(code(), 0);
  EXPECT_THAT(
      RunLocally("run " + Example("homework.textproto") + " --rounding nearest --in-process"),
      HasSubstr("h rounded: 0 0 1 -1 1 0\n"));
}

TEST_F(GradeCommandTest, AFileThatAsksNothingIsGradedWithANoteOnWhatIsAsked) {
  const std::string file = Example("homework.textproto");
  MustRun("grade " + file + " " + Right());
  EXPECT_EQ(error(), "note: " + file +
                         " asks no questions of its own; asked is h of the last layer at every "
                         "step, one question for each sequence\n");
  MustRun("grade " + Homework() + " " + Right());
  EXPECT_EQ(error(), "");
}

TEST_F(GradeCommandTest, TheStandardInputIsAnAnswer) {
  EXPECT_THAT(RunWithInput("grade " + Homework() + " - --id ada", "0 0 1 -1 1 0 1 -1 0 1 -1"),
              HasSubstr("ada: 2 of 2 points\n"));
}

TEST_F(GradeCommandTest, ALowScoreOrAnUnreadableAnswerIsBelow) {
  const std::string half = Answer("half", "[0,0,1,-1,1,1] [1,-1,0,1,-1]");
  EXPECT_THAT(Run("grade " + Homework() + " " + half + " --fail-under 0.95"),
              HasSubstr("1.833 of 2 points"));
  EXPECT_EQ(code(), 1);
  Run("grade " + Homework() + " " + half + " --fail-under 0.9");
  EXPECT_EQ(code(), 0);
  EXPECT_THAT(Run("grade " + Homework() + " " + Answer("x", "[0, x]") + " --fail-under 0.1"),
              HasSubstr("could not be read and was not graded"));
  EXPECT_EQ(code(), 1);
}

TEST_F(GradeCommandTest, ANamedExerciseIsTheServers) {
  EXPECT_EQ(MustRun("exercise create " + Homework() + " --id hw"), "exercises/hw\n");
  EXPECT_THAT(MustRun("grade exercises/hw " + Right()), HasSubstr("2 of 2 points"));
  Run("grade exercises/other " + Right());
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("EXERCISE_NOT_FOUND"));
}

TEST_F(GradeCommandTest, AMissingAnswerIsNotGradableForAPlatformAndAMistakeOnATerminal) {
  EXPECT_THAT(MustRun("grade " + Homework() + " none.txt --format gradescope"),
              HasSubstr("there is no file none.txt"));
  const std::string out = Scratch("missing.txt");
  MustRun("grade " + Homework() + " none.txt --out " + out);
  Run("grade " + Homework() + " none.txt");
  EXPECT_EQ(code(), 2);
  EXPECT_EQ(error(), "error: there is no file none.txt\n");
}

TEST_F(GradeCommandTest, BadUsageIsTwo) {
  Run("grade " + Homework());
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("there is nothing to grade"));
  Run("grade no_such_file " + Right());
  EXPECT_EQ(code(), 2);
  Run("grade " + Homework() + " a b --format gradescope");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("name a folder"));
  Run("grade " + Homework() + " a --target 127.0.0.1:1");
  EXPECT_EQ(code(), 2);
  Run("grade " + Homework() + " a b --id c");
  EXPECT_EQ(code(), 2);
}

TEST_F(GradeCommandTest, ABrokenGraderIsThreeAndLeavesAResult) {
  StopServer();
  const std::string out = Scratch("results.json");
  Run("grade " + Homework() + " " + Right() + " --format gradescope --out " + out);
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("no server answers"));
  EXPECT_THAT(*ReadFile(out), HasSubstr("Autograder failed"));
}

TEST_F(GradeCommandTest, AFolderInPlaceOfTheAnswersFileIsNotGradable) {
  const std::string answer = Scratch("a_folder.txt");
  std::filesystem::remove_all(answer);
  std::filesystem::create_directory(answer);
  const std::string out = Scratch("folder_results.json");
  std::filesystem::remove_all(out);
  for (const char* name : {"", "/one", "/two"}) {
    if (*name != 0) std::ofstream(answer + name) << "[0,0,1,-1,1,0] [1,-1,0,1,-1]";
    if (*name == '/' && name[1] == 'o') continue;  // one file in it is that file
    MustRun("grade " + Homework() + " " + answer + " --format gradescope --out " + out);
    ASSERT_TRUE(std::filesystem::is_regular_file(out));
    EXPECT_THAT(*ReadFile(out), HasSubstr("a_folder.txt is a folder"));
    EXPECT_THAT(MustRun("grade " + Homework() + " " + answer + " --format prairielearn"),
                HasSubstr("a_folder.txt is a folder"));
  }
  // Who writes the slash means a folder of submissions.
  Run("grade " + Homework() + " " + answer + "/ --format gradescope");
  EXPECT_EQ(code(), 2);
  const std::string results = Scratch("folder_of_results/");
  std::filesystem::remove_all(results);
  MustRun("grade " + Homework() + " " + answer + "/ --format gradescope --out " + results);
  EXPECT_TRUE(std::filesystem::is_regular_file(results + "one.json"));
}

TEST_F(GradeCommandTest, ManyAnswersGetASummary) {
  const std::string other = Answer("other", "[0,0,1,-1,1,-1] [1,-1,1,-1,1]");
  EXPECT_THAT(MustRun("grade " + Homework() + " " + Right() + " " + other),
              HasSubstr("2 submissions: 2 graded, 0 not gradable\n"));
  const std::string out = Scratch("marks.csv");
  EXPECT_THAT(
      MustRun("grade " + Homework() + " " + Right() + " " + other + " --format csv --out " + out),
      HasSubstr("2 submissions"));
  EXPECT_THAT(*ReadFile(out), HasSubstr(",2,2,yes,,\n"));
}

TEST_F(GradeCommandTest, ATargetIsGradedByWhatItAnswers) {
  EXPECT_THAT(MustRun("grade " + Homework() + " --target " + address()),
              HasSubstr("2 of 2 points\n"));
  const std::string out = MustRun("grade " + Homework() + " --target 127.0.0.1:1");
  EXPECT_THAT(out,
              AllOf(HasSubstr("was not graded"),
                    HasSubstr("your server cannot be reached at 127.0.0.1:1 (Connection refused): "
                              "it was to create the model")));
}

TEST_F(GradeCommandTest, AnAddressThatIsNoneIsBadUsage) {
  Run("grade " + Homework() + " --target localhost");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("server address \"localhost\" is not of the form host:port"));
}

// A student's server that notes what it is told of who calls.
class CuriousServer : public v1::SessionService::Service {
 public:
  grpc::Status CreateSession(grpc::ServerContext* context, const v1::CreateSessionRequest*,
                             v1::CreateSessionResponse*) override {
    for (const auto& [key, value] : context->client_metadata()) {
      told.append(key.data(), key.size()).append("=").append(value.data(), value.size());
      told += "\n";
    }
    return grpc::Status(grpc::StatusCode::INTERNAL, "no more is needed");
  }

  std::string told;
};

TEST_F(GradeCommandTest, ATargetIsNotToldWhoOneIs) {
  CuriousServer curious;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&curious);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  RunLocally("grade " + Homework() +
             " --token s3cret --tenant course --target 127.0.0.1:" + std::to_string(port));
  server->Shutdown(std::chrono::system_clock::now());
  EXPECT_THAT(curious.told, HasSubstr("user-agent="));
  EXPECT_THAT(curious.told, Not(HasSubstr("s3cret")));
  EXPECT_THAT(curious.told, Not(HasSubstr("course")));
}

TEST_F(GradeCommandTest, ATargetIsAskedForWhatTheSeedDraws) {
  const std::string varied = Example("grading/varied.textproto");
  EXPECT_THAT(MustRun("grade " + varied + " --seed ada --target " + address()),
              HasSubstr("2 of 2 points\n"));
}

TEST_F(GradeCommandTest, AnExerciseWithVariationsIsNotGradedWithoutASeed) {
  const std::string varied = Example("grading/varied.textproto");
  const std::string out = Scratch("no_seed.json");
  for (const char* format : {"gradescope", "text", "csv", "prairielearn", "json"}) {
    std::filesystem::remove(out);
    Run("grade " + varied + " " + Right() + " --out " + out + " --format " + format);
    EXPECT_EQ(code(), 2) << format;
    EXPECT_THAT(error(), AllOf(HasSubstr("has variations"), HasSubstr("give --seed TEXT"),
                               HasSubstr("--seed-is-id or --typed-seed KEY")));
    EXPECT_TRUE(std::filesystem::exists(out)) << format;
  }
  Run("grade " + varied + " --format edx-customresponse --seed-is-id");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("a problem has the numbers of one seed"));
  Run("grade " + varied + " --target " + address() + " --seed ''");
  EXPECT_EQ(code(), 2);
  MustRun("grade " + varied + " " + Right() + " --seed-is-id");
  MustRun("grade " + varied + " " + Right() + " --seed ada");
  EXPECT_THAT(MustRun("grade " + varied + " --id ada --seed-is-id --target " + address()),
              HasSubstr("2 of 2 points\n"));
}

TEST_F(GradeCommandTest, WhatThePlatformGarbledIsTheGradersFailure) {
  const std::string words = "grade " + Homework() + " --typed answers --format csv ";
  const std::string good = Answer("good", R"({"answers": {"states": "0 0 1 -1 1 0"}})");
  EXPECT_THAT(Run(words + good + " " + Answer("garbled", "{")),
              AllOf(HasSubstr("good,1,2,yes"), HasSubstr("garbled,,")));
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("no JSON object"));
}

TEST_F(GradeCommandTest, WhatIsReadIsNotWrittenOver) {
  const std::string exercise = Scratch("own.textproto");
  std::filesystem::copy_file(Homework(), exercise,
                             std::filesystem::copy_options::overwrite_existing);
  const std::string answers = Scratch("own_answers/");
  std::filesystem::remove_all(answers);
  std::filesystem::create_directory(answers);
  for (const char* name : {"a.json", "b.json"}) std::ofstream(answers + name) << "[0]";
  const std::string link = Scratch("own_link");
  std::filesystem::remove(link);
  std::filesystem::create_symlink(exercise, link);
  const std::string exercise_text = *ReadFile(exercise);
  for (const std::string& words :
       {exercise + " " + Right() + " --format gradescope --out " + exercise,
        exercise + " " + Right() + " --format gradescope --out " + link,
        exercise + " " + Right() + " --format gradescope --fail-under 7 --out " + exercise,
        exercise + " no_such_folder/ --format gradescope --out " + exercise,
        exercise + " --format edx-customresponse --out " + exercise,
        exercise + " " + answers + "a.json --out " + answers + "./a.json",
        exercise + " " + answers + " --format gradescope --out " + answers}) {
    Run("grade " + words);
    EXPECT_EQ(code(), 2) << words;
    EXPECT_EQ(*ReadFile(exercise), exercise_text) << words;
    EXPECT_EQ(*ReadFile(answers + "a.json"), "[0]") << words;
  }
  EXPECT_THAT(error(), HasSubstr("a.json would be written over"));
  MustRun("grade " + exercise + " " + answers + " --format tap --out " + answers + "out.tap");
}

TEST_F(GradeCommandTest, ASeedThatIsTooLongIsBadUsage) {
  for (const char* flag : {"--seed ", "--id "}) {
    Run("grade " + Homework() + " " + Right() + " " + flag + std::string(201, 'x'));
    EXPECT_EQ(code(), 2);
    EXPECT_THAT(error(), HasSubstr("has 201 characters, at most 200"));
    MustRun("grade " + Homework() + " " + Right() + " " + flag + std::string(200, 'x'));
  }
}

TEST_F(GradeCommandTest, AProblemForEdxKnowsTheKey) {
  const std::string problem = MustRun("grade " + Homework() + " --format edx-customresponse");
  EXPECT_THAT(problem, AllOf(HasSubstr("<answer type=\"loncapa/python\">"),
                             HasSubstr("\"expected\": [u\"0\", u\"0\", u\"1\", u\"-1\""),
                             EndsWith("</problem>\n")));
}

TEST_F(GradeCommandTest, HelpListsFormatsAndExitCodes) {
  const std::string help = MustRun("grade --help");
  EXPECT_THAT(help, AllOf(HasSubstr("  gradescope          Gradescope: "), HasSubstr("  3  the "),
                          HasSubstr("\n  echo \"0 0 1"), Not(HasSubstr("FORMAT "))));
}

}  // namespace
}  // namespace cellar
