#include "server/rpc/step_stream_flow.h"

#include <deque>
#include <memory>
#include <utility>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "tests/testing/step_stream_scene.h"

namespace cellar {
namespace {

using Do = StepStreamFlow::Do;

TEST(StepStreamFlow, AnswersOneMessageAfterAnother) {
  StepStreamScene scene;
  scene.Open();
  for (int i = 0; i < 3; ++i) {
    scene.Read();
    EXPECT_EQ(scene.Run(), "step read ");
    scene.Answer();
    EXPECT_EQ(scene.Run(), "write ");
    scene.flow.WriteDone();
    EXPECT_EQ(scene.Run(), "");
  }
  EXPECT_EQ(scene.written, (std::deque<int64_t>{1, 2, 3, 4}));
}

TEST(StepStreamFlow, ReadsAlongWithTheAnswerThatTheClientWaitsFor) {
  StepStreamScene scene;
  scene.Open();
  for (int i = 0; i < 3; ++i) scene.ReadAndAnswerAtOnce();
  EXPECT_EQ(scene.written, (std::deque<int64_t>{1, 2, 3, 4}));
  scene.flow.InputClosed();  // the end of the write, too
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(scene.end, absl::OkStatus());
}

TEST(StepStreamFlow, WritesAloneWhatOthersWaitBehind) {
  StepStreamScene scene;
  scene.Open();
  scene.Read();
  scene.Run();
  scene.Read();
  EXPECT_EQ(scene.Next(), Do::kStep);
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write read ");
}

TEST(StepStreamFlow, WritesAloneWhatTheClientMayNotTakeSoon) {
  StepStreamScene scene;
  scene.Open();
  scene.Read();
  EXPECT_EQ(scene.Next(), Do::kStep);
  scene.Answer(absl::OkStatus(), 2000);
  EXPECT_EQ(scene.Run(), "write read ");
}

TEST(StepStreamFlow, ReadsNothingBehindOpenBeforeItsAnswer) {
  StepStreamScene scene;
  EXPECT_EQ(scene.Run(), "read ");
  scene.Read();
  EXPECT_EQ(scene.Run(), "open ");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write read ");
}

TEST(StepStreamFlow, ReadsOnWhileStepsAreWithTheEngine) {
  StepStreamFlow::Limits limits;
  limits.max_unanswered = 3;
  StepStreamScene scene(limits);
  scene.Open();
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  scene.Read();
  EXPECT_EQ(scene.Run(), "step ");  // three are unanswered
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write read ");
}

TEST(StepStreamFlow, StopsReadingWhileAnswersAreNotDrained) {
  StepStreamFlow::Limits limits;
  limits.max_exchanges = 4;
  StepStreamScene scene(limits);
  scene.Open();
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");  // and the client does not take it
  for (int i = 0; i < 2; ++i) {
    scene.Read();
    EXPECT_EQ(scene.Run(), "step read ");
    scene.Answer();
    EXPECT_EQ(scene.Run(), "");
  }
  scene.Read();
  EXPECT_EQ(scene.Run(), "step ");  // the fourth message fills the limit: no read
  scene.Answer();
  EXPECT_EQ(scene.Run(), "");
  scene.flow.WriteDone();
  EXPECT_EQ(scene.Run(), "write read ");
}

TEST(StepStreamFlow, StopsReadingWhileAnswersHoldTooManyBytes) {
  StepStreamFlow::Limits limits;
  limits.max_bytes = 1000;
  StepStreamScene scene(limits);
  scene.Open();
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  scene.Answer(absl::OkStatus(), 2000);
  EXPECT_EQ(scene.Run(), "write ");
  scene.Read();
  EXPECT_EQ(scene.Run(), "step ");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "");
  scene.flow.WriteDone();
  EXPECT_EQ(scene.Run(), "write-and-read ");
}

TEST(StepStreamFlow, StopsReadingWhileRequestsHoldTooManyBytes) {
  StepStreamFlow::Limits limits;
  limits.max_bytes = 1000;
  StepStreamScene scene(limits);
  scene.Open();
  scene.Read(2000);
  EXPECT_EQ(scene.Run(), "step ");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write-and-read ");
}

TEST(StepStreamFlow, WritesInTheOrderOfTheMessages) {
  StepStreamScene scene;
  scene.Open();
  scene.Read();
  scene.Run();
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  std::swap(scene.asked[0], scene.asked[1]);
  scene.Answer();  // the second message's answer comes first
  EXPECT_EQ(scene.Run(), "");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
  scene.flow.WriteDone();
  EXPECT_EQ(scene.Run(), "write ");
  EXPECT_EQ(scene.written, (std::deque<int64_t>{1, 3, 2}));
}

TEST(StepStreamFlow, FinishesAfterTheClientHasClosedAndAllIsAnswered) {
  StepStreamScene scene;
  scene.Open();
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  scene.flow.InputClosed();
  EXPECT_EQ(scene.Run(), "");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
  scene.flow.WriteDone();
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(scene.end, absl::OkStatus());
  EXPECT_EQ(scene.Run(), "");
}

TEST(StepStreamFlow, RefusesAStreamWithoutAMessage) {
  StepStreamScene scene;
  scene.Run();
  scene.flow.InputClosed();
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "BAD_REQUEST");
}

TEST(StepStreamFlow, HandsOverWhatIsToBeWritten) {
  StepStreamScene scene;
  scene.Open();
  scene.Read();
  scene.Run();
  StepExchange* const asked = scene.asked.front();
  scene.Answer();
  const StepStreamFlow::Action action = scene.flow.Next();
  EXPECT_EQ(action.what, Do::kWrite);
  EXPECT_EQ(action.answer.get(), asked);
}

TEST(StepStreamFlow, IsChargedForMessagesAndForAnswersThatAreNotWritten) {
  StepStreamScene scene;
  scene.Open();
  scene.Read(100'000);
  EXPECT_EQ(scene.Run(), "step read ");
  EXPECT_EQ(scene.charged, ChargeFor(100'000));
  scene.Answer(absl::OkStatus(), 200'000);
  EXPECT_EQ(scene.Run(), "write ");
  EXPECT_EQ(scene.charged, ChargeFor(200'000));
  scene.flow.WriteDone();
  EXPECT_EQ(scene.Run(), "");
  EXPECT_EQ(scene.charged, kLeastCallBytes);
}

// Nothing is given back by the flow, whose user holds a lock.
TEST(StepStreamFlow, AMessageThatNobodyAnswersIsHandedOut) {
  StepStreamScene scene;
  scene.Open();
  scene.Read(100'000);
  scene.flow.Cancel();
  EXPECT_EQ(scene.Run(), "finish ");
  ASSERT_EQ(scene.given_back.size(), 1u);
  EXPECT_EQ(scene.given_back[0]->request.step().inputs().raw().size(), 100'000u);
  EXPECT_EQ(scene.charged, 0) << "never";
}

TEST(StepStreamFlow, AnswersThatAreNotWrittenAreHandedOut) {
  StepStreamScene scene;
  scene.Open();
  for (int i = 0; i < 3; ++i) {
    scene.Read(100'000);
    EXPECT_EQ(scene.Run(), "step read ");
  }
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
  scene.Answer(absl::AbortedError("no"));
  scene.Answer(absl::OkStatus(), 200'000);
  EXPECT_EQ(scene.Run(), "");
  ASSERT_EQ(scene.given_back.size(), 2u);
  EXPECT_FALSE(scene.given_back[0]->status.ok());
  EXPECT_EQ(scene.given_back[1]->response.step().state_digest().size(), 200'000u);
  EXPECT_EQ(scene.given_back[1]->request.step().inputs().raw().size(), 100'000u) << "its reader's";
  scene.flow.WriteDone();
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(scene.charged, kLeastCallBytes);
}

TEST(StepStreamFlow, AMessageThatComesAfterTheEndIsHandedBack) {
  StepStreamScene scene;
  scene.Open();
  scene.flow.End(absl::UnavailableError("draining"));
  auto late = std::make_unique<StepExchange>();
  StepExchange* const same = late.get();
  EXPECT_EQ(scene.flow.Arrived(std::move(late), 100'000).get(), same);
}

}  // namespace
}  // namespace cellar
