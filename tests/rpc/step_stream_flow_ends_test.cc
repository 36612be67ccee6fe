// How a stream ends: by a failure, from outside, by its client, and what is still answered then.
#include <deque>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/rpc/step_stream_flow.h"
#include "tests/testing/step_stream_scene.h"

namespace cellar {
namespace {

absl::Status Failure(const std::string& reason) {
  ErrorDetail detail;
  detail.reason = reason;
  return MakeError(absl::StatusCode::kAborted, reason, detail);
}

TEST(StepStreamFlow, EndsWithTheFailureOfOpen) {
  StepStreamScene scene;
  scene.Run();
  scene.Read();
  scene.Run();
  scene.Answer(Failure("SESSION_NOT_FOUND"));
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "SESSION_NOT_FOUND");
}

TEST(StepStreamFlow, WritesWhatComesBeforeTheFirstFailureAndNothingBehindIt) {
  StepStreamScene scene;
  scene.Open();
  for (int i = 0; i < 4; ++i) {
    scene.Read();
    EXPECT_EQ(scene.Run(), "step read ");
  }
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
  scene.Answer(Failure("STEP_CONFLICT"));
  scene.Answer(Failure("OTHER"));
  EXPECT_EQ(scene.Run(), "");
  scene.flow.WriteDone();
  EXPECT_EQ(scene.Run(), "");  // one is still with the engine
  scene.Answer();
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "STEP_CONFLICT");
  EXPECT_EQ(scene.written, (std::deque<int64_t>{1, 2}));
}

TEST(StepStreamFlow, DropsAMessageThatIsReadAfterAFailure) {
  StepStreamScene scene;
  scene.Open();
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  scene.Read();  // taken, not yet handed out
  scene.Answer(Failure("STEP_GAP"));
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_TRUE(scene.asked.empty());
  EXPECT_EQ(GetErrorReason(*scene.end), "STEP_GAP");
}

TEST(StepStreamFlow, AnswersWhatWasTakenBeforeItEnds) {
  StepStreamScene scene;
  scene.Open();
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  scene.flow.End(Failure("SESSION_TAKEN_OVER"));
  EXPECT_EQ(scene.Run(), "");
  scene.Read();  // was being read: dropped
  EXPECT_EQ(scene.Run(), "");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
  scene.flow.WriteDone();
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "SESSION_TAKEN_OVER");
}

TEST(StepStreamFlow, HandsOutAMessageThatWasReadBeforeItEnds) {
  StepStreamScene scene;
  scene.Open();
  scene.Read();
  scene.flow.End(Failure("DRAINING"));
  EXPECT_EQ(scene.Run(), "step ");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
}

TEST(StepStreamFlow, EndsAnIdleStreamAtOnceWithTheFirstEnd) {
  StepStreamScene scene;
  scene.Open();
  scene.flow.End(Failure("SESSION_DELETED"));
  scene.flow.End(Failure("DRAINING"));
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "SESSION_DELETED");
}

TEST(StepStreamFlow, TheFailureOfAStepCountsMoreThanAnEnd) {
  StepStreamScene scene;
  scene.Open();
  scene.Read();
  scene.Run();
  scene.flow.End(Failure("DRAINING"));
  scene.Answer(Failure("STEP_CONFLICT"));
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "STEP_CONFLICT");
}

TEST(StepStreamFlow, EndsBeforeAnythingWasRead) {
  StepStreamScene scene;
  scene.flow.End(Failure("DRAINING"));
  EXPECT_EQ(scene.Run(), "finish ");
}

TEST(StepStreamFlow, WaitsForTheEngineAfterTheClientHasGone) {
  StepStreamScene scene;
  scene.Open();
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  scene.flow.Cancel();
  scene.flow.InputClosed();
  EXPECT_EQ(scene.Run(), "");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "finish ");  // no write
  EXPECT_EQ(scene.end->code(), absl::StatusCode::kCancelled);
}

TEST(StepStreamFlow, WaitsForAWriteAfterTheClientHasGone) {
  StepStreamScene scene;
  scene.Open();
  scene.Read();
  scene.Run();
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
  scene.flow.Cancel();
  EXPECT_EQ(scene.Run(), "");
  scene.flow.WriteDone();
  EXPECT_EQ(scene.Run(), "finish ");
}

TEST(StepStreamFlow, DoesNotHandOutAMessageOnceTheClientHasGone) {
  StepStreamScene scene;
  scene.Open();
  scene.Read();
  scene.flow.Cancel();
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_TRUE(scene.asked.empty());
}

TEST(StepStreamFlow, GivesUpWhenAWriteFails) {
  StepStreamScene scene;
  scene.Open();
  for (int i = 0; i < 2; ++i) {
    scene.Read();
    scene.Run();
  }
  scene.Answer();
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
  scene.flow.Cancel();
  scene.flow.WriteDone();
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(scene.end->code(), absl::StatusCode::kCancelled);
}

TEST(StepStreamFlow, FailsAMessageThatCannotBeTakenAfterTheAnswersBeforeIt) {
  StepStreamScene scene;
  scene.Open();
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  scene.flow.Arrived(std::make_unique<StepExchange>(), Failure("MESSAGE_SIZE_LIMIT"));
  EXPECT_EQ(scene.Run(), "");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
  scene.flow.WriteDone();
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "MESSAGE_SIZE_LIMIT");
}

TEST(StepStreamFlow, NothingIsAskedForAfterTheEnd) {
  StepStreamScene scene;
  scene.Open();
  scene.flow.End(Failure("DRAINING"));
  EXPECT_EQ(scene.Run(), "finish ");
  scene.Read();
  scene.flow.Cancel();
  scene.flow.End(Failure("OTHER"));
  EXPECT_EQ(scene.Run(), "");
}

TEST(StepStreamFlow, EndsThoughAnAnswerGoesAlongWithARead) {
  StepStreamScene scene;
  scene.Open();
  scene.ReadAndAnswerAtOnce();
  scene.flow.End(Failure("DRAINING"));
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "DRAINING");
  scene.flow.InputClosed();
  EXPECT_EQ(scene.Run(), "");
}

TEST(StepStreamFlow, AClientThatGoesBesidesAReadHasNotClosed) {
  StepStreamScene scene;
  scene.Open();
  scene.ReadAndAnswerAtOnce();
  scene.flow.Cancel();
  scene.flow.InputClosed();
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(scene.end->code(), absl::StatusCode::kCancelled);
}

TEST(StepStreamFlow, FinishesAtOnceWhenTheClientGoesInsteadOfReadingOn) {
  StepStreamScene scene;
  scene.Open();
  scene.ReadAndAnswerAtOnce();
  scene.flow.Cancel();
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(scene.end->code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace cellar
