// Longer than 400 lines: all of these play in one scene.
#include "server/rpc/step_stream_flow.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "server/base/error.h"

namespace cellar {
namespace {

using Do = StepStreamFlow::Do;

absl::Status Failure(const std::string& reason) {
  ErrorDetail detail;
  detail.reason = reason;
  return MakeError(absl::StatusCode::kAborted, reason, detail);
}

// A flow, and whoever carries out its actions, one at a time, as far as they are answered at once.
class Scene {
 public:
  explicit Scene(StepStreamFlow::Limits limits = {}) : flow(limits) {}

  // Asks for the next action and notes what is outstanding.
  Do Next() {
    StepStreamFlow::Action action = flow.Next();
    while (action.what == Do::kCharge) {
      charged = action.bytes;
      action = flow.Next();
    }
    if (action.what == Do::kOpen || action.what == Do::kStep) asked.push_back(action.exchange);
    if (action.what == Do::kWrite) {
      written.push_back(action.answer->response.step().next_step());
    }
    if (action.what == Do::kFinish) end = action.status;
    return action.what;
  }

  // All actions until there is none, in order.
  std::string Run() {
    static const char* const kNames[] = {"", "", "read ", "open ", "step ", "write ", "finish "};
    std::string done;
    for (Do what = Next(); what != Do::kNothing; what = Next()) {
      done += kNames[static_cast<int>(what)];
    }
    return done;
  }

  void Read(size_t bytes = 1) {
    auto read = std::make_unique<StepExchange>();
    read->request.mutable_step()->mutable_inputs()->set_raw(std::string(bytes, 'x'));
    const auto size = static_cast<int64_t>(read->request.ByteSizeLong());
    flow.Arrived(std::move(read), size);
  }

  // Answers the oldest message that was asked for.
  void Answer(absl::Status status = absl::OkStatus(), size_t bytes = 1) {
    StepExchange* const exchange = asked.front();
    asked.pop_front();
    exchange->response.mutable_step()->set_next_step(++answers);
    exchange->response.mutable_step()->set_state_digest(std::string(bytes, 'x'));
    flow.AnswerDone(exchange, std::move(status));
  }

  // Gets the stream opened, its answer written, and the next read begun.
  void Open() {
    EXPECT_EQ(Run(), "read ");
    Read();
    EXPECT_EQ(Run(), "open ");
    Answer();
    EXPECT_EQ(Run(), "write read ");
    flow.WriteDone(true);
    EXPECT_EQ(Run(), "");
  }

  StepStreamFlow flow;
  std::deque<StepExchange*> asked;
  std::deque<int64_t> written;
  int64_t answers = 0;
  std::optional<absl::Status> end;
  int64_t charged = 0;
};

TEST(StepStreamFlow, AnswersOneMessageAfterAnother) {
  Scene scene;
  scene.Open();
  for (int i = 0; i < 3; ++i) {
    scene.Read();
    EXPECT_EQ(scene.Run(), "step read ");
    scene.Answer();
    EXPECT_EQ(scene.Run(), "write ");
    scene.flow.WriteDone(true);
    EXPECT_EQ(scene.Run(), "");
  }
  EXPECT_EQ(scene.written, (std::deque<int64_t>{1, 2, 3, 4}));
}

TEST(StepStreamFlow, ReadsNothingBehindOpenBeforeItsAnswer) {
  Scene scene;
  EXPECT_EQ(scene.Run(), "read ");
  scene.Read();
  EXPECT_EQ(scene.Run(), "open ");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write read ");
}

TEST(StepStreamFlow, ReadsOnWhileStepsAreWithTheEngine) {
  StepStreamFlow::Limits limits;
  limits.max_unanswered = 3;
  Scene scene(limits);
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
  Scene scene(limits);
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
  scene.flow.WriteDone(true);
  EXPECT_EQ(scene.Run(), "write read ");
}

TEST(StepStreamFlow, StopsReadingWhileAnswersHoldTooManyBytes) {
  StepStreamFlow::Limits limits;
  limits.max_bytes = 1000;
  Scene scene(limits);
  scene.Open();
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  scene.Answer(absl::OkStatus(), 2000);
  EXPECT_EQ(scene.Run(), "write ");
  scene.Read();
  EXPECT_EQ(scene.Run(), "step ");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "");
  scene.flow.WriteDone(true);
  EXPECT_EQ(scene.Run(), "write read ");
}

TEST(StepStreamFlow, StopsReadingWhileRequestsHoldTooManyBytes) {
  StepStreamFlow::Limits limits;
  limits.max_bytes = 1000;
  Scene scene(limits);
  scene.Open();
  scene.Read(2000);
  EXPECT_EQ(scene.Run(), "step ");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write read ");
}

TEST(StepStreamFlow, WritesInTheOrderOfTheMessages) {
  Scene scene;
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
  scene.flow.WriteDone(true);
  EXPECT_EQ(scene.Run(), "write ");
  EXPECT_EQ(scene.written, (std::deque<int64_t>{1, 3, 2}));
}

TEST(StepStreamFlow, FinishesAfterTheClientHasClosedAndAllIsAnswered) {
  Scene scene;
  scene.Open();
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  scene.flow.InputClosed();
  EXPECT_EQ(scene.Run(), "");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
  scene.flow.WriteDone(true);
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(scene.end, absl::OkStatus());
  EXPECT_EQ(scene.Run(), "");
}

TEST(StepStreamFlow, RefusesAStreamWithoutAMessage) {
  Scene scene;
  scene.Run();
  scene.flow.InputClosed();
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "BAD_REQUEST");
}

TEST(StepStreamFlow, EndsWithTheFailureOfOpen) {
  Scene scene;
  scene.Run();
  scene.Read();
  scene.Run();
  scene.Answer(Failure("SESSION_NOT_FOUND"));
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "SESSION_NOT_FOUND");
}

TEST(StepStreamFlow, WritesWhatComesBeforeTheFirstFailureAndNothingBehindIt) {
  Scene scene;
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
  scene.flow.WriteDone(true);
  EXPECT_EQ(scene.Run(), "");  // one is still with the engine
  scene.Answer();
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "STEP_CONFLICT");
  EXPECT_EQ(scene.written, (std::deque<int64_t>{1, 2}));
}

TEST(StepStreamFlow, DropsAMessageThatIsReadAfterAFailure) {
  Scene scene;
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
  Scene scene;
  scene.Open();
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  scene.flow.End(Failure("SESSION_TAKEN_OVER"));
  EXPECT_EQ(scene.Run(), "");
  scene.Read();  // was being read: dropped
  EXPECT_EQ(scene.Run(), "");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
  scene.flow.WriteDone(true);
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "SESSION_TAKEN_OVER");
}

TEST(StepStreamFlow, HandsOutAMessageThatWasReadBeforeItEnds) {
  Scene scene;
  scene.Open();
  scene.Read();
  scene.flow.End(Failure("DRAINING"));
  EXPECT_EQ(scene.Run(), "step ");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
}

TEST(StepStreamFlow, EndsAnIdleStreamAtOnceWithTheFirstEnd) {
  Scene scene;
  scene.Open();
  scene.flow.End(Failure("SESSION_DELETED"));
  scene.flow.End(Failure("DRAINING"));
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "SESSION_DELETED");
}

TEST(StepStreamFlow, TheFailureOfAStepCountsMoreThanAnEnd) {
  Scene scene;
  scene.Open();
  scene.Read();
  scene.Run();
  scene.flow.End(Failure("DRAINING"));
  scene.Answer(Failure("STEP_CONFLICT"));
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "STEP_CONFLICT");
}

TEST(StepStreamFlow, EndsBeforeAnythingWasRead) {
  Scene scene;
  scene.flow.End(Failure("DRAINING"));
  EXPECT_EQ(scene.Run(), "finish ");
}

TEST(StepStreamFlow, WaitsForTheEngineAfterTheClientHasGone) {
  Scene scene;
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
  Scene scene;
  scene.Open();
  scene.Read();
  scene.Run();
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
  scene.flow.Cancel();
  EXPECT_EQ(scene.Run(), "");
  scene.flow.WriteDone(false);
  EXPECT_EQ(scene.Run(), "finish ");
}

TEST(StepStreamFlow, DoesNotHandOutAMessageOnceTheClientHasGone) {
  Scene scene;
  scene.Open();
  scene.Read();
  scene.flow.Cancel();
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_TRUE(scene.asked.empty());
}

TEST(StepStreamFlow, GivesUpWhenAWriteFails) {
  Scene scene;
  scene.Open();
  for (int i = 0; i < 2; ++i) {
    scene.Read();
    scene.Run();
  }
  scene.Answer();
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
  scene.flow.WriteDone(false);
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(scene.end->code(), absl::StatusCode::kCancelled);
}

TEST(StepStreamFlow, FailsAMessageThatCannotBeTakenAfterTheAnswersBeforeIt) {
  Scene scene;
  scene.Open();
  scene.Read();
  EXPECT_EQ(scene.Run(), "step read ");
  scene.flow.Arrived(std::make_unique<StepExchange>(), Failure("MESSAGE_SIZE_LIMIT"));
  EXPECT_EQ(scene.Run(), "");
  scene.Answer();
  EXPECT_EQ(scene.Run(), "write ");
  scene.flow.WriteDone(true);
  EXPECT_EQ(scene.Run(), "finish ");
  EXPECT_EQ(GetErrorReason(*scene.end), "MESSAGE_SIZE_LIMIT");
}

TEST(StepStreamFlow, NothingIsAskedForAfterTheEnd) {
  Scene scene;
  scene.Open();
  scene.flow.End(Failure("DRAINING"));
  EXPECT_EQ(scene.Run(), "finish ");
  scene.Read();
  scene.flow.Cancel();
  scene.flow.End(Failure("OTHER"));
  EXPECT_EQ(scene.Run(), "");
}

TEST(StepStreamFlow, HandsOverWhatIsToBeWritten) {
  Scene scene;
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
  Scene scene;
  scene.Open();
  scene.Read(100'000);
  EXPECT_EQ(scene.Run(), "step read ");
  EXPECT_EQ(scene.charged, ChargeFor(100'000));
  scene.Answer(absl::OkStatus(), 200'000);
  EXPECT_EQ(scene.Run(), "write ");
  EXPECT_EQ(scene.charged, ChargeFor(200'000));
  scene.flow.WriteDone(true);
  EXPECT_EQ(scene.Run(), "");
  EXPECT_EQ(scene.charged, kLeastCallBytes);
}

// Nothing that takes long to give back is given back by the flow, whose user holds a lock.
TEST(StepStreamFlow, LongMessagesThatNobodyAnswersAreHandedOut) {
  Scene scene;
  scene.Open();
  scene.Read(100'000);
  scene.flow.Cancel();
  StepStreamFlow::Action action = scene.flow.Next();
  while (action.what == Do::kCharge && action.dropped.empty()) action = scene.flow.Next();
  ASSERT_EQ(action.dropped.size(), 1u);
  EXPECT_EQ(action.dropped[0].step().inputs().raw().size(), 100'000u);
}

TEST(StepStreamFlow, AMessageThatComesAfterTheEndIsHandedBack) {
  Scene scene;
  scene.Open();
  scene.flow.End(absl::UnavailableError("draining"));
  auto late = std::make_unique<StepExchange>();
  StepExchange* const same = late.get();
  EXPECT_EQ(scene.flow.Arrived(std::move(late), 100'000).get(), same);
}

}  // namespace
}  // namespace cellar
