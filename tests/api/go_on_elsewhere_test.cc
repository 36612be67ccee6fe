#include "server/api/go_on_elsewhere.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/batch_step.h"
#include "server/api/session_handlers.h"
#include "server/api/session_turn.h"
#include "server/api/step_handlers.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/fault_store.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/stream_client.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

// A call under way: its messages, and what came of it.
template <class Request, class Response>
struct Asked {
  Request request;
  Response response;
  absl::Status outcome;
  absl::Notification done;
};

// Sessions a, b and c sleep; d is awake.
class GoOnElsewhereTest : public testing::Test {
 protected:
  GoOnElsewhereTest() {
    const std::string model = run_.AddModel(HomeworkModel());
    for (const char* id : {"a", "b", "c", "d"}) run_.NewSession(id, model);
    EXPECT_TRUE(run_.api().keeper->Flush().ok());
    run_.clock().Advance(SessionTable::Limits().sleep_after + absl::Seconds(1));
    EXPECT_TRUE(Steps("d", {1}).ok());
    run_.api().sessions.SleepIdle();  // gives to the store what it does not have
    EXPECT_TRUE(run_.api().keeper->Flush().ok());
    run_.api().sessions.SleepIdle();
    EXPECT_EQ(run_.api().sessions.awake_count(), 1);
    read_before_ = store_.read_count();
  }
  ~GoOnElsewhereTest() override { LetRead(); }

  // The next read of the store waits until LetRead.
  void HoldNextRead() {
    store_.DuringNextGet([this] {
      reading_.Notify();
      go_on_.WaitForNotification();
    });
  }
  void LetRead() {
    if (!go_on_.HasBeenNotified()) go_on_.Notify();
  }

  template <class Request, class Response>
  std::unique_ptr<Asked<Request, Response>> Ask(void (*handler)(Api&, const Call&, const Request&,
                                                                Response*, Done),
                                                Request request,
                                                const Call& call = Call(LocalCaller())) {
    auto asked = std::make_unique<Asked<Request, Response>>();
    asked->request = std::move(request);
    handler(run_.api(), call, asked->request, &asked->response,
            [asked = asked.get()](absl::Status outcome) {
              asked->outcome = std::move(outcome);
              asked->done.Notify();
            });
    return asked;
  }

  auto AskStep(const std::string& id, const std::vector<double>& inputs,
               const Call& call = Call(LocalCaller())) {
    return Ask(&Step, StepOf("sessions/" + id, inputs), call);
  }

  absl::StatusOr<v1::StepResponse> Steps(const std::string& id, const std::vector<double>& inputs) {
    return run_.Await(Step, StepOf("sessions/" + id, inputs));
  }

  // Since everybody sleeps.
  int64_t read_count() const { return store_.read_count() - read_before_; }

  FaultStore store_;
  int64_t read_before_ = 0;
  absl::Notification reading_;
  absl::Notification go_on_;
  ApiFixture run_{{.scheduler = {.worker_count = 2}, .store = &store_}};
};

TEST_F(GoOnElsewhereTest, WhileADiskIsSlowOthersStepOnTheThreadThatServesThem) {
  HoldNextRead();
  const auto asleep = AskStep("a", {1});
  reading_.WaitForNotification();
  EXPECT_FALSE(asleep->done.HasBeenNotified());
  const auto awake = AskStep("d", {1});
  EXPECT_TRUE(awake->done.HasBeenNotified()) << "it was made at once";
  EXPECT_EQ(awake->response.next_step(), 2);
  EXPECT_TRUE(Steps("b", {1}).ok()) << "another one wakes up meanwhile";
  EXPECT_FALSE(asleep->done.HasBeenNotified());
  LetRead();
  asleep->done.WaitForNotification();
  EXPECT_EQ(asleep->outcome, absl::OkStatus());
  EXPECT_EQ(asleep->response.next_step(), 1);
}

TEST_F(GoOnElsewhereTest, ASessionThatHasWokenUpStepsAtOnceAgain) {
  ASSERT_TRUE(Steps("a", {1}).ok());
  run_.api().scheduler.Drain();
  const auto second = AskStep("a", {1});
  EXPECT_TRUE(second->done.HasBeenNotified());
  EXPECT_EQ(second->response.next_step(), 2);
}

TEST_F(GoOnElsewhereTest, WhoeverAsksWhileASessionWakesUpIsServedInOrder) {
  HoldNextRead();
  std::vector<std::unique_ptr<Asked<v1::StepRequest, v1::StepResponse>>> steps;
  for (int i = 0; i < 5; ++i) steps.push_back(AskStep("a", std::vector<double>(1 + i, 0)));
  v1::ResetSessionRequest reset;
  reset.set_name("sessions/a");
  const auto back = Ask(&ResetSession, reset);
  const auto after = AskStep("a", {1});
  reading_.WaitForNotification();
  LetRead();
  after->done.WaitForNotification();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(steps[i]->response.first_step(), i * (i + 1) / 2);
  EXPECT_EQ(back->outcome, absl::OkStatus());
  EXPECT_EQ(after->response.next_step(), 1);
  EXPECT_EQ(read_count(), 1) << "it was awake by then";
}

TEST_F(GoOnElsewhereTest, NobodyOvertakesWhoWaitsThoughTheSessionIsAwake) {
  std::vector<int> turns;
  absl::Notification first_is_there;
  absl::Notification first_may_go_on;
  const Call call(LocalCaller());
  GoOnElsewhere(run_.api(), call, "sessions/a", [&](absl::Status may_run, const Call& patient) {
    EXPECT_EQ(may_run, absl::OkStatus());
    FieldViolations none;
    EXPECT_TRUE(HoldNamed(run_.api(), patient, "sessions/a", "", none).ok()) << "it may wait";
    first_is_there.Notify();
    first_may_go_on.WaitForNotification();
    turns.push_back(1);
  });
  first_is_there.WaitForNotification();
  EXPECT_EQ(run_.api().sessions.awake_count(), 2);
  const auto second = AskStep("a", {1});
  EXPECT_FALSE(second->done.HasBeenNotified()) << "the first one has not had its turn yet";
  first_may_go_on.Notify();
  second->done.WaitForNotification();
  turns.push_back(2);
  EXPECT_THAT(turns, ElementsAre(1, 2));
}

TEST_F(GoOnElsewhereTest, EveryChangeOfASleeperLeavesTheThreadThatBringsIt) {
  v1::RewindSessionRequest rewind;
  rewind.set_name("sessions/a");
  v1::ExportSessionRequest take_out;
  take_out.set_name("sessions/a");
  v1::ForkSessionRequest fork;
  fork.set_name("sessions/a");
  fork.set_session_id("fork");
  v1::SetSessionStateRequest set;
  set.set_name("sessions/a");
  v1::LayerState& layer = *set.mutable_state()->add_layers();
  layer.mutable_h()->add_values(1);
  layer.mutable_c()->add_values(1);
  HoldNextRead();
  const auto rewound = Ask(&RewindSession, rewind);
  const auto exported = Ask(&ExportSession, take_out);
  const auto forked = Ask(&ForkSession, fork);
  const auto changed = Ask(&SetSessionState, set);
  reading_.WaitForNotification();
  EXPECT_FALSE(changed->done.HasBeenNotified());
  LetRead();
  changed->done.WaitForNotification();
  EXPECT_EQ(rewound->outcome, absl::OkStatus());
  EXPECT_EQ(exported->outcome, absl::OkStatus());
  EXPECT_EQ(forked->outcome, absl::OkStatus());
  EXPECT_EQ(changed->outcome, absl::OkStatus());
  EXPECT_NE(run_.Get("a").state_digest(), run_.Get("fork").state_digest());
}

TEST_F(GoOnElsewhereTest, AStreamOpensOnASleeperWhileOthersStep) {
  HoldNextRead();
  StreamClient client(run_.api());
  v1::StreamStepsRequest open;
  open.mutable_open()->set_session("sessions/a");
  client.Open(open);
  reading_.WaitForNotification();
  EXPECT_EQ(client.answer_count(), 0u);
  EXPECT_TRUE(AskStep("d", {1})->done.HasBeenNotified());
  LetRead();
  run_.api().scheduler.Drain();
  EXPECT_EQ(client.outcome(0), absl::OkStatus());
  client.SendStep({1});
  EXPECT_EQ(client.step(1).next_step(), 1);
}

TEST_F(GoOnElsewhereTest, ABatchGoesOnElsewhereFromItsFirstSleeper) {
  v1::BatchStepRequest request;
  for (const char* id : {"d", "a", "b", "a", "d", "x"}) {
    v1::BatchStepItem& item = *request.add_items();
    item.set_session(std::string("sessions/") + id);
    *item.mutable_inputs() = ValuesOf({1});
  }
  HoldNextRead();
  const auto batch = Ask(&BatchStep, request);
  reading_.WaitForNotification();
  EXPECT_TRUE(AskStep("d", {1})->done.HasBeenNotified());
  EXPECT_FALSE(batch->done.HasBeenNotified());
  LetRead();
  batch->done.WaitForNotification();
  EXPECT_EQ(batch->outcome, absl::OkStatus());
  std::vector<int64_t> next_steps;
  for (const auto& result : batch->response.results()) {
    next_steps.push_back(result.step().next_step());
  }
  EXPECT_THAT(next_steps, ElementsAre(2, 1, 1, 2, 4, 0));
  EXPECT_EQ(batch->response.results(5).error().reason(), "SESSION_NOT_FOUND");
}

TEST_F(GoOnElsewhereTest, NothingIsReadForACallThatNobodyWaitsForAnyMore) {
  Call call(LocalCaller());
  call.cancelled = [] { return true; };
  const auto step = AskStep("a", {1}, call);
  step->done.WaitForNotification();
  EXPECT_TRUE(absl::IsCancelled(step->outcome)) << step->outcome;
  call = Call(LocalCaller());
  call.deadline = run_.clock().Now();
  const auto late = AskStep("a", {1}, call);
  late->done.WaitForNotification();
  EXPECT_TRUE(absl::IsDeadlineExceeded(late->outcome)) << late->outcome;
  EXPECT_EQ(read_count(), 0);
}

TEST_F(GoOnElsewhereTest, AStoreThatCannotReadFailsTheCallAndTheNextOneTriesAgain) {
  store_.Fail(FaultStore::Fault::kReadFails);
  EXPECT_EQ(GetErrorReason(Steps("a", {1}).status()), "STORE_FAILED");
  store_.Fail(FaultStore::Fault::kNone);
  EXPECT_TRUE(Steps("a", {1}).ok());
}

TEST_F(GoOnElsewhereTest, WhatIsWrongWithARequestIsToldAsOfASessionAwake) {
  const auto asleep = run_.Await(Step, StepOf("sessions/a", {}, -1)).status();
  const auto awake = run_.Await(Step, StepOf("sessions/d", {}, -1)).status();
  EXPECT_EQ(ViolatedFields(asleep), ViolatedFields(awake));
  EXPECT_EQ(ViolatedFields(asleep).size(), 2u);
}

// One worker, which is busy, and room for one call that waits.
TEST(GoOnElsewhereLimitTest, AFullQueueRefusesAndIsForgotten) {
  FaultStore store;
  ApiFixture run({.scheduler = {.worker_count = 1, .max_queued_steps = 1}, .store = &store});
  int refused = 0;
  {
    run.NewSession("a", run.AddModel(HomeworkModel()));
    TurnBlocker blocker(run.api(), "sessions/x");
    for (int i = 0; i < 3; ++i) {
      GoOnElsewhere(run.api(), Call(LocalCaller()), "sessions/a",
                    [&](const absl::Status& may_run, const Call&) {
                      if (GetErrorReason(may_run) == "STEP_QUEUE_LIMIT") ++refused;
                    });
    }
    EXPECT_EQ(refused, 2);
  }
  run.api().scheduler.Drain();
  EXPECT_TRUE(run.api().sessions.HoldAwake({kDefaultTenant, "sessions/a"}).ok());
}

}  // namespace
}  // namespace cellar
