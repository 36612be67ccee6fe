#include "server/api/step_turn.h"

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class StepTurnTest : public testing::Test {
 protected:
  // Every step is dear.
  explicit StepTurnTest(ApiFixtureOptions options = {.scheduler = {.worker_count = 1,
                                                                   .inline_cost = 0}})
      : fixture_(options) {
    const std::string model = fixture_.AddModel(HomeworkModel());
    for (const char* id : {"a", "b", "c"}) fixture_.NewSession(id, model);
  }

  // Steps of sessions/{id}; the outcome goes to outcomes_ under its place in the order of calls.
  StepTurn TurnOf(const std::string& id, const std::vector<double>& inputs,
                  std::optional<int64_t> step_index = std::nullopt) {
    requests_.push_back(StepOf("sessions/" + id, inputs, step_index));
    responses_.push_back(std::make_unique<v1::StepResponse>());
    const v1::StepRequest& request = requests_.back();
    const StepWish wish{request.inputs(), step_index, {}, v1::ENCODING_VALUES, {}};
    return {*PrepareSteps(fixture_.api(), call_, request.session(), wish), responses_.back().get()};
  }

  void Take(StepTurn turn) {
    const size_t place = responses_.size() - 1;
    TakeStepTurn(fixture_.api(), call_, std::move(turn), [this, place](absl::Status status) {
      absl::MutexLock lock(&mutex_);
      if (outcomes_.size() <= place) outcomes_.resize(place + 1);
      outcomes_[place] = std::move(status);
    });
  }

  int64_t StepsOfSeveral() {
    const Histogram& rows = fixture_.api().scheduler.batch_rows();
    const Histogram::View view = rows.Look();
    int64_t count = 0;
    for (size_t k = 1; k < view.counts.size(); ++k) count += view.counts[k];
    return count;
  }

  absl::Status outcome(size_t place) {
    fixture_.api().scheduler.Drain();
    absl::MutexLock lock(&mutex_);
    return outcomes_.at(place);
  }

  ApiFixture fixture_;
  Call call_{LocalCaller()};
  std::deque<v1::StepRequest> requests_;
  std::deque<std::unique_ptr<v1::StepResponse>> responses_;
  absl::Mutex mutex_;
  std::vector<absl::Status> outcomes_;
};

TEST_F(StepTurnTest, SessionsThatWaitAreSteppedTogetherAndAnsweredEachByItself) {
  {
    TurnBlocker blocker(fixture_.api(), "sessions/x");
    Take(TurnOf("a", {0, 0, 1}));
    Take(TurnOf("b", {1}));
    Take(TurnOf("c", {0, 1}));
    EXPECT_THAT(outcomes_, IsEmpty());
  }
  for (size_t place : {0, 1, 2}) EXPECT_EQ(outcome(place), absl::OkStatus());
  EXPECT_EQ(StepsOfSeveral(), 2);
  EXPECT_THAT(responses_[0]->trace().outputs().shape(), ElementsAre(3, 1));
  EXPECT_EQ(responses_[1]->next_step(), 1);
  EXPECT_EQ(responses_[2]->next_step(), 2);
  for (const char* id : {"a", "b", "c"}) {
    const size_t place = static_cast<size_t>(id[0] - 'a');
    EXPECT_EQ(responses_[place]->state_digest(), fixture_.Get(id).state_digest());
  }
  EXPECT_EQ(fixture_.api().counts.steps.Value(), 6);
  EXPECT_EQ(fixture_.api().counts.messages.Value(), 3);
}

TEST_F(StepTurnTest, AnswersStepsAgainInABatchAsOneAlone) {
  Take(TurnOf("a", {0, 0, 1, 1}));
  ASSERT_EQ(outcome(0), absl::OkStatus());
  {
    TurnBlocker blocker(fixture_.api(), "sessions/x");
    Take(TurnOf("b", {1, 1, 1, 1, 1}));
    Take(TurnOf("a", {1, 1}, 2));  // goes back to the request's beginning first
  }
  ASSERT_EQ(outcome(2), absl::OkStatus());
  EXPECT_EQ(responses_[2]->first_step(), 2);
  EXPECT_EQ(responses_[2]->next_step(), 4);
  EXPECT_EQ(responses_[2]->state_digest(), responses_[0]->state_digest());
  EXPECT_EQ(fixture_.api().counts.repeated_steps.Value(), 2);
}

TEST_F(StepTurnTest, AFailureLeavesItsSessionAsItWasAndTheOthersAlone) {
  const std::string before = fixture_.Get("b").state_digest();
  {
    TurnBlocker blocker(fixture_.api(), "sessions/x");
    Take(TurnOf("a", {0, 1}));
    Take(TurnOf("b", {1}, 7));
    StepTurn refused = TurnOf("c", {1});
    refused.may_step = [] { return absl::AbortedError("taken over"); };
    Take(std::move(refused));
  }
  EXPECT_EQ(outcome(0), absl::OkStatus());
  EXPECT_EQ(GetErrorReason(outcome(1)), "STEP_GAP");
  EXPECT_EQ(outcome(2), absl::AbortedError("taken over"));
  EXPECT_EQ(fixture_.Get("b").state_digest(), before);
  EXPECT_EQ(fixture_.Get("c").next_step(), 0);
}

TEST_F(StepTurnTest, DoesNotBeginWhatWasCancelledOrIsTooLate) {
  {
    TurnBlocker blocker(fixture_.api(), "sessions/x");
    call_.deadline = fixture_.clock().Now() + absl::Seconds(1);
    Take(TurnOf("a", {1}));
    call_.deadline = absl::InfiniteFuture();
    call_.cancelled = [] { return true; };
    Take(TurnOf("b", {1}));
    fixture_.clock().Advance(absl::Seconds(1));
  }
  EXPECT_EQ(GetErrorReason(outcome(0)), "DEADLINE_PASSED");
  EXPECT_EQ(outcome(1).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(fixture_.Get("a").next_step(), 0);
  EXPECT_EQ(fixture_.Get("b").next_step(), 0);
}

TEST_F(StepTurnTest, IsCancelledBetweenTwoStepsOfABatch) {
  std::atomic<int> asked{0};
  {
    TurnBlocker blocker(fixture_.api(), "sessions/x");
    call_.cancelled = [&] { return ++asked > 2; };
    Take(TurnOf("a", std::vector<double>(1000, 1)));
    call_.cancelled = [] { return false; };
    Take(TurnOf("b", {1}));
    Take(TurnOf("c", {1, 1}));
  }
  EXPECT_EQ(outcome(0).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(outcome(1), absl::OkStatus());
  EXPECT_EQ(outcome(2), absl::OkStatus());
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(fixture_.Get("a").next_step(), 0);
}

// Between the first and the second step of a batch of three, of which `b` lets `happen` happen.
class InsideABatchTest : public StepTurnTest {
 protected:
  void RunBatch(std::function<void()> happen) {
    TurnBlocker blocker(fixture_.api(), "sessions/x");
    Take(TurnOf("a", {0, 0, 1}));
    call_.cancelled = [this, happen = std::move(happen)] {
      if (++asked_ == 2) happen();
      return false;
    };
    Take(TurnOf("b", {1, 1, 0, 1}));
    call_.cancelled = [] { return false; };
    Take(TurnOf("c", {1}));
  }

  std::atomic<int> asked_{0};
};

TEST_F(InsideABatchTest, ASessionThatIsDeletedFailsAloneAndTheOthersAreMade) {
  RunBatch([&] {
    EXPECT_EQ(fixture_.api().sessions.Delete({kDefaultTenant, "sessions/a"}), absl::OkStatus());
  });
  EXPECT_EQ(GetErrorReason(outcome(0)), "SESSION_DELETED");
  EXPECT_EQ(outcome(1), absl::OkStatus());
  EXPECT_EQ(outcome(2), absl::OkStatus());
  EXPECT_GE(asked_, 2);
  EXPECT_EQ(fixture_.Get("b").next_step(), 4);
  EXPECT_EQ(fixture_.Get("c").next_step(), 1);
  EXPECT_EQ(fixture_.api().counts.steps.Value(), 4 + 1);
}

TEST_F(InsideABatchTest, AStepThatComesAgainMeanwhileIsAnsweredFromTheWindow) {
  StepTurn again = TurnOf("a", {0, 0, 1}, 0);
  v1::StepResponse* const second = again.response;
  std::optional<absl::Status> status;
  RunBatch([&] {
    TakeStepTurn(fixture_.api(), call_, std::move(again),
                 [&](absl::Status told) { status = std::move(told); });
    EXPECT_FALSE(status.has_value());  // it waits until the first one is made
  });
  for (size_t place : {1, 2, 3}) EXPECT_EQ(outcome(place), absl::OkStatus());
  EXPECT_EQ(status, absl::OkStatus());
  const v1::StepResponse& first = *responses_[1];
  EXPECT_EQ(second->SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(second->next_step(), 3);
  EXPECT_EQ(fixture_.Get("a").next_step(), 3);
  EXPECT_EQ(fixture_.api().counts.repeated_steps.Value(), 3);
  EXPECT_EQ(fixture_.api().counts.steps.Value(), 3 + 4 + 1);
}

TEST_F(StepTurnTest, GivesLeaseAndHoldBackBeforeTheOutcomeIsTold) {
  bool told = false;
  TakeStepTurn(fixture_.api(), call_, TurnOf("a", {1}), [&](const absl::Status& status) {
    EXPECT_EQ(status, absl::OkStatus());
    SessionHold hold = *fixture_.api().sessions.Hold({kDefaultTenant, "sessions/a"});
    told = hold.Lease().ok();
  });
  fixture_.api().scheduler.Drain();
  EXPECT_TRUE(told);
}

class FullStepQueueTest : public StepTurnTest {
 protected:
  FullStepQueueTest()
      : StepTurnTest(
            {.scheduler = {
                 .worker_count = 1, .inline_cost = 0, .max_queued_steps_per_session = 2}}) {}
};

TEST_F(FullStepQueueTest, ARefusalIsToldOnceByEitherWay) {
  TurnBlocker blocker(fixture_.api(), "sessions/x");
  Take(TurnOf("a", {1, 1}));
  Take(TurnOf("a", {1}));
  EXPECT_EQ(GetErrorReason(outcomes_.at(1)), "STEP_QUEUE_LIMIT");
  int told_count = 0;
  Done done = [&](const absl::Status&) { ++told_count; };
  const absl::Status refused = TryTakeStepTurn(fixture_.api(), call_, TurnOf("a", {1}), done);
  EXPECT_EQ(GetErrorReason(refused), "STEP_QUEUE_LIMIT");
  EXPECT_EQ(told_count, 0);
  done(refused);
  EXPECT_EQ(told_count, 1) << "it is its caller's again";
  blocker.Open();
  EXPECT_EQ(fixture_.Get("a").next_step(), 2);
}

}  // namespace
}  // namespace cellar
