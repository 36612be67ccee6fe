#include "client/repl/repl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <utility>

#include "tests/testing/in_process_server.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ReplTest : public ::testing::Test {
 protected:
  ReplTest() {
    server_.AddHomework();
    connection_ = std::make_shared<Connection>(server_.channel(), ConnectionOptions());
    v1::CreateSessionRequest request;
    request.set_session_id("a");
    request.mutable_session()->set_model("models/homework");
    auto session = SessionClient::Create(connection_, request, SessionClient::AtEnd::kDelete);
    EXPECT_TRUE(session.ok()) << session.status();
    const auto model = (*session)->GetModel();
    EXPECT_TRUE(model.ok()) << model.status();
    repl_ = std::make_unique<Repl>(*std::move(session), *model, out_, StepPrinter::Options());
  }

  // Goes on in the session as somebody who has made none of its steps.
  void Reattach(Repl::Server server) {
    auto session = SessionClient::Attach(connection_, "sessions/a");
    ASSERT_TRUE(session.ok()) << session.status();
    const auto model = (*session)->GetModel();
    ASSERT_TRUE(model.ok()) << model.status();
    maker_ = std::exchange(repl_, std::make_unique<Repl>(*std::move(session), *model, out_,
                                                         StepPrinter::Options(), server));
  }

  // What a line prints, or its error.
  std::string Type(const std::string& line) {
    out_.str("");
    const absl::Status status = repl_->Handle(line, next_);
    return status.ok() ? out_.str() : std::string(status.message());
  }

  InProcessServer server_;
  std::shared_ptr<Connection> connection_;
  std::ostringstream out_;
  std::unique_ptr<Repl> maker_;  // of the session, if another goes on in it
  std::unique_ptr<Repl> repl_;
  Repl::Next next_ = Repl::Next::kContinue;
};

TEST_F(ReplTest, AnInputIsAnsweredWithEveryGate) {
  EXPECT_EQ(repl_->Prompt(), "0> ");
  EXPECT_EQ(Type("1"),
            " t   x          f        i        o        g        c        h\n"
            " 0   1  3.784e-44        1        1        1        1   0.7616\n");
  EXPECT_EQ(repl_->Prompt(), "1> ");
  EXPECT_THAT(Type("1"), AllOf(HasSubstr("-0.7616"), Not(HasSubstr("t   x"))));
}

TEST_F(ReplTest, ALineMayHaveManySteps) {
  Type("0, 0, 1");
  EXPECT_EQ(repl_->Prompt(), "3> ");
  Type("1 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1");  // more than the replay window
  EXPECT_EQ(repl_->Prompt(), "23> ");
}

TEST_F(ReplTest, UndoTakesStepsBack) {
  Type("1 1 1");
  EXPECT_EQ(Type(":undo"), "back before step 2\n");
  EXPECT_EQ(repl_->Prompt(), "2> ");
  EXPECT_THAT(Type("1"), HasSubstr(" 2   1"));
  EXPECT_EQ(Type(":undo 3"), "back before step 0\n");
  EXPECT_EQ(Type(":table"), "no steps yet\n");
  EXPECT_EQ(Type(":undo"), "cannot undo 1 of 0 steps");
  EXPECT_THAT(Type(":undo x"), HasSubstr("found `x`"));
}

TEST_F(ReplTest, UndoBeforeTheReplayWindowIsRefusedAndChangesNothing) {
  for (int i = 0; i < 12; ++i) Type("1");
  EXPECT_THAT(Type(":undo 12"), HasSubstr("0"));
  EXPECT_EQ(repl_->Prompt(), "12> ");
  EXPECT_THAT(Type("0"), HasSubstr("12"));
}

TEST_F(ReplTest, TheTableHasAllStepsSoFar) {
  Type("0 0 1");
  Type("1");
  EXPECT_EQ(Type(":table"),
            "t  x          f  i    o   g   c        h\n"
            "0  0  3.784e-44  1  0.5   0   0        0\n"
            "1  0  3.784e-44  1  0.5   0   0        0\n"
            "2  1  3.784e-44  1    1   1   1   0.7616\n"
            "3  1  3.784e-44  1    1  -1  -1  -0.7616\n");
}

TEST_F(ReplTest, AForkIsABranchOfItsOwn) {
  Type("1");
  EXPECT_THAT(Type(":fork b"),
              HasSubstr("now in branch 2, sessions/b (kept at the end); `:switch 1` goes"));
  Type("1 1");
  EXPECT_EQ(repl_->Prompt(), "3> ");
  EXPECT_EQ(Type(":switch 1"), "now in branch 1, sessions/a, before step 1\n");
  EXPECT_EQ(repl_->Prompt(), "1> ");
  EXPECT_THAT(Type(":table"), Not(HasSubstr("\n1")));
  EXPECT_THAT(Type(":switch"), AllOf(HasSubstr("*  1       1          sessions/a\n"),
                                     HasSubstr("   2       3          sessions/b\n")));
  EXPECT_THAT(Type(":switch b"), HasSubstr("now in branch 2"));
  EXPECT_THAT(Type(":switch c"), HasSubstr("there is no branch `c`"));
}

TEST_F(ReplTest, TheTableOfASessionThatWasSteppedElsewhereSaysWhatIsNotInIt) {
  Type("1 1");
  Reattach(Repl::Server::kStays);
  const std::string why =
      "steps before 2 were not made here, and a server keeps the state that they led to, not their "
      "inputs and gates\n";
  EXPECT_EQ(Type(":table"), why);
  Type("1");
  EXPECT_THAT(Type(":table"), AllOf(HasSubstr(why), HasSubstr("\n2  1 ")));
}

TEST_F(ReplTest, WhereTheServerEndsWithTheProgramNoForkIsKept) {
  Reattach(Repl::Server::kEndsWithProgram);
  EXPECT_THAT(Type(":fork sessions/b"),
              HasSubstr("sessions/b (ends with this program, as its server does); `:switch 1`"));
  EXPECT_THAT(Type(":fork"), HasSubstr("; `:switch 2`"));
}

TEST_F(ReplTest, HelpExplainsTheLettersOfTheCell) {
  EXPECT_THAT(Type(":help"), AllOf(HasSubstr(":undo [N]"), HasSubstr("\n  f  forget gate")));
}

TEST_F(ReplTest, NamedForksAreKeptAndOthersDeleted) {
  Type(":fork named");
  Type(":fork");
  const std::string line = Type(":switch");
  repl_ = nullptr;
  v1::ListSessionsResponse left;
  grpc::ClientContext context;
  ASSERT_TRUE(server_.sessions().ListSessions(&context, {}, &left).ok());
  ASSERT_EQ(left.sessions_size(), 1);
  EXPECT_EQ(left.sessions(0).name(), "sessions/named");
}

TEST_F(ReplTest, ResetGoesBackToTheStart) {
  Type("1 1");
  EXPECT_EQ(Type(":reset"), "back in the initial state\n");
  EXPECT_EQ(repl_->Prompt(), "0> ");
  EXPECT_EQ(Type(":table"), "no steps yet\n");
}

TEST_F(ReplTest, TheStateCanBeLookedAt) {
  Type("1");
  EXPECT_EQ(Type(":state"), "h  0.7616\nc  1\n");
  EXPECT_EQ(Type(":digits full"), "numbers are shown in full\n");
  EXPECT_EQ(Type(":state"), "h  0.7615942\nc  1\n");
  EXPECT_THAT(Type(":digits 99"), HasSubstr("1 to 17 or `full`, found `99`"));
}

TEST_F(ReplTest, GatesCanBeHidden) {
  Type(":gates off");
  EXPECT_EQ(Type("1"),
            " t   x        c        h\n"
            " 0   1        1   0.7616\n");
  EXPECT_EQ(Type(":gates"), "every gate is shown\n");
  EXPECT_EQ(Type(":gates"), "only c and h are shown\n");
  Type(":gates on");
  EXPECT_THAT(Type("1"), HasSubstr("f"));
  EXPECT_THAT(Type(":gates maybe"), HasSubstr("found `maybe`"));
}

TEST_F(ReplTest, WhatCannotBeReadIsExplainedAndChangesNothing) {
  EXPECT_EQ(Type("undo 2"),
            "\"undo\" is not a number (did you mean `:undo`?); commands begin with a colon, see "
            ":help");
  EXPECT_THAT(Type("0,5"), AllOf(HasSubstr("may be one number or two"), Not(HasSubstr(":help"))));
  EXPECT_THAT(Type(":fork A"), HasSubstr(":fork: is \"A\"; must have"));
  EXPECT_THAT(Type(":gate on"), HasSubstr("did you mean `:gates`?"));
  EXPECT_EQ(Type("  "), "");
  EXPECT_EQ(repl_->Prompt(), "0> ");
}

TEST_F(ReplTest, ALineOfTheWrongLengthIsRefused) {
  auto session = SessionClient::Attach(connection_, "sessions/a");
  ASSERT_TRUE(session.ok());
  v1::Model model;
  model.set_input_size(3);
  Repl wide(*std::move(session), model, out_, StepPrinter::Options());
  const absl::Status status = wide.Handle("1 2", next_);
  EXPECT_EQ(status.message(), "found 2 numbers; a step of this model takes 3");
}

TEST_F(ReplTest, ASteppedSessionIsFollowed) {
  Type("1");
  const auto other = SessionClient::Attach(connection_, "sessions/a");
  ASSERT_TRUE(other.ok());
  ASSERT_TRUE((*other)->Refresh().ok());
  ASSERT_TRUE((*other)->Rewind(0).ok());
  EXPECT_THAT(Type("1"), Not(HasSubstr("0.7616"))) << "an error: somebody else rewound it";
  EXPECT_EQ(repl_->Prompt(), "0> ");
  EXPECT_THAT(Type("1"), HasSubstr("0.7616"));
}

TEST_F(ReplTest, QuitEndsAndOtherLinesDoNot) {
  Type(":help");
  EXPECT_EQ(next_, Repl::Next::kContinue);
  Type(":quit");
  EXPECT_EQ(next_, Repl::Next::kQuit);
}

}  // namespace
}  // namespace cellar
