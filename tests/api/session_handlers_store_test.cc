// Sessions of a server with a store: what is kept when, and what is answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/api/convert_model.h"
#include "server/api/model_handlers.h"
#include "server/api/session_handlers.h"
#include "server/api/step_handlers.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/fault_store.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/stream_client.h"

namespace cellar {
namespace {

class SessionHandlersStoreTest : public testing::Test {
 protected:
  explicit SessionHandlersStoreTest(Scheduler::Options scheduler = {.worker_count = 1})
      : scheduler_(scheduler) {
    Start();
  }

  // A server on the store, in place of the one before, which ends at once.
  void Start() {
    run_ = nullptr;
    now_ += absl::Seconds(1);
    ApiFixtureOptions options{.store = &store_, .now = now_};
    options.limits.default_durability = Durability::kPeriodic;
    options.scheduler = scheduler_;
    run_ = std::make_unique<ApiFixture>(options);
    if (run_->api().models.Get({kDefaultTenant, "models/homework"}).ok()) return;
    v1::CreateModelRequest request;
    request.set_model_id("homework");
    *request.mutable_model() =
        WriteModel(*HomeworkModel(), ModelDetail::kWeights, v1::ENCODING_RAW);
    EXPECT_TRUE(run_->Ask(CreateModel, request).ok());
  }

  // The same after a loss of power.
  void Crash() {
    store_.LosePower();
    Start();
  }

  absl::StatusOr<v1::Session> Create(const std::string& id, v1::Durability durability) {
    v1::CreateSessionRequest request;
    request.set_session_id(id);
    request.mutable_session()->set_model("models/homework");
    request.mutable_session()->set_durability(durability);
    auto response = run_->Await(CreateSession, request);
    if (!response.ok()) return response.status();
    return response->session();
  }

  absl::StatusOr<v1::StepResponse> Steps(const std::string& id, const std::vector<double>& inputs,
                                         std::optional<int64_t> step_index = std::nullopt) {
    return run_->Await(Step, StepOf("sessions/" + id, inputs, step_index));
  }

  std::string Reason(const std::string& id) {
    v1::GetSessionRequest request;
    request.set_name("sessions/" + id);
    return GetErrorReason(run_->Ask(GetSession, request).status());
  }

  // Everybody who may goes to sleep.
  void Sleep() {
    ASSERT_TRUE(run_->api().keeper->Flush().ok());
    run_->clock().Advance(SessionTable::Limits().sleep_after + absl::Seconds(1));
    run_->api().sessions.SleepIdle();  // gives to the store what it does not have
    ASSERT_TRUE(run_->api().keeper->Flush().ok());
    run_->api().sessions.SleepIdle();
    ASSERT_EQ(run_->api().sessions.awake_count(), 0);
  }

  const Scheduler::Options scheduler_;
  FaultStore store_;
  absl::Time now_ = FakeClock::Start();
  std::unique_ptr<ApiFixture> run_;
};

v1::StreamStepsRequest Opening(const std::string& id) {
  v1::StreamStepsRequest open;
  open.mutable_open()->set_session("sessions/" + id);
  return open;
}

TEST_F(SessionHandlersStoreTest, UnspecifiedDurabilityIsPeriodic) {
  EXPECT_EQ(Create("a", v1::DURABILITY_UNSPECIFIED)->durability(), v1::DURABILITY_PERIODIC);
}

TEST_F(SessionHandlersStoreTest, CreationSurvivesUnlessItIsOfMemory) {
  ASSERT_TRUE(Create("a", v1::DURABILITY_PERIODIC).ok());
  ASSERT_TRUE(Create("b", v1::DURABILITY_EVERY_STEP).ok());
  ASSERT_TRUE(Create("c", v1::DURABILITY_MEMORY).ok());
  Start();
  EXPECT_EQ(Reason("a"), "");
  EXPECT_EQ(Reason("b"), "");
  EXPECT_EQ(Reason("c"), "SESSION_LOST");
}

TEST_F(SessionHandlersStoreTest, EveryAnsweredStepSurvivesAndIsAnsweredAgain) {
  ASSERT_TRUE(Create("a", v1::DURABILITY_EVERY_STEP).ok());
  std::vector<v1::StepResponse> answers;
  for (int i = 0; i < 5; ++i) {
    answers.push_back(*Steps("a", {1.0 - i}));
    EXPECT_EQ(answers.back().durable_step(), i + 1);
    const v1::Session before = run_->Get("a");
    Crash();
    EXPECT_EQ(run_->Get("a").SerializeAsString(), before.SerializeAsString());
  }
  for (int i = 0; i < 5; ++i) {
    v1::StepResponse again = *Steps("a", {1.0 - i}, i);
    EXPECT_EQ(again.trace().SerializeAsString(), answers[i].trace().SerializeAsString());
    EXPECT_EQ(again.state_digest(), answers[i].state_digest());
  }
}

TEST_F(SessionHandlersStoreTest, APeriodicSessionIsRepeatedFromItsDurableStep) {
  ASSERT_TRUE(Create("a", v1::DURABILITY_PERIODIC).ok());
  ASSERT_TRUE(Steps("a", {1, 0, 1}).ok());
  run_->clock().Advance(absl::Seconds(2));
  run_->api().keeper->Checkpoint();
  ASSERT_TRUE(run_->api().keeper->Flush().ok());
  const auto answer = Steps("a", {1, 1});
  EXPECT_EQ(answer->durable_step(), 3);
  const std::string digest = answer->state_digest();
  Crash();
  EXPECT_EQ(run_->Get("a").next_step(), 3);
  EXPECT_EQ(Steps("a", {1, 1}, 3)->state_digest(), digest);
}

TEST_F(SessionHandlersStoreTest, RewindsResetsForksAndDeletionsSurvive) {
  for (const auto durability : {v1::DURABILITY_PERIODIC, v1::DURABILITY_EVERY_STEP}) {
    const std::string id = durability == v1::DURABILITY_PERIODIC ? "p" : "e";
    ASSERT_TRUE(Create(id, durability).ok());
    ASSERT_TRUE(Steps(id, {1, 0, 1, 1}).ok());
    v1::RewindSessionRequest rewind;
    rewind.set_name("sessions/" + id);
    rewind.set_step_index(2);
    EXPECT_EQ(run_->Await(RewindSession, rewind)->session().durable_step(), 2);
    v1::ForkSessionRequest fork;
    fork.set_name("sessions/" + id);
    fork.set_session_id(id + "-fork");
    ASSERT_TRUE(run_->Await(ForkSession, fork).ok());
    Crash();
    EXPECT_EQ(run_->Get(id).next_step(), 2);
    EXPECT_EQ(run_->Get(id + "-fork").next_step(), 2);
    v1::ResetSessionRequest reset;
    reset.set_name("sessions/" + id);
    ASSERT_TRUE(run_->Await(ResetSession, reset).ok());
    v1::DeleteSessionRequest remove;
    remove.set_name("sessions/" + id + "-fork");
    ASSERT_TRUE(run_->Await(DeleteSession, remove).ok());
    Crash();
    EXPECT_EQ(run_->Get(id).next_step(), 0);
    EXPECT_EQ(Reason(id + "-fork"), "SESSION_DELETED");
  }
}

TEST_F(SessionHandlersStoreTest, AnEndInOrderKeepsEverything) {
  ASSERT_TRUE(Create("m", v1::DURABILITY_MEMORY).ok());
  ASSERT_TRUE(Create("p", v1::DURABILITY_PERIODIC).ok());
  ASSERT_TRUE(Steps("m", {1, 0, 1}).ok());
  ASSERT_TRUE(Steps("p", {1, 0}).ok());
  const std::string m = run_->Get("m").state_digest();
  const std::string p = run_->Get("p").state_digest();
  ASSERT_TRUE(run_->EndInOrder().ok());
  Crash();
  EXPECT_EQ(run_->Get("m").state_digest(), m);
  EXPECT_EQ(run_->Get("p").state_digest(), p);
}

TEST_F(SessionHandlersStoreTest, AFullDiskIsToldAndNothingAcknowledgedIsLost) {
  ASSERT_TRUE(Create("e", v1::DURABILITY_EVERY_STEP).ok());
  ASSERT_TRUE(Create("p", v1::DURABILITY_PERIODIC).ok());
  ASSERT_TRUE(Steps("e", {1}).ok());
  store_.Fail(FaultStore::Fault::kWriteFails);
  EXPECT_EQ(GetErrorReason(Steps("e", {0}, 1).status()), "STORE_FAILED");
  // From now on nothing is made that could not be kept.
  EXPECT_EQ(GetErrorReason(Steps("e", {5}, 2).status()), "STORE_FAILED");
  EXPECT_EQ(run_->Get("e").next_step(), 2);
  EXPECT_EQ(run_->Get("e").durable_step(), 1);
  EXPECT_TRUE(Steps("p", {1}).ok());  // promises nothing yet
  EXPECT_EQ(GetErrorReason(Create("x", v1::DURABILITY_PERIODIC).status()), "STORE_FAILED");
  EXPECT_EQ(Reason("x"), "SESSION_DELETED");
  store_.Fail(FaultStore::Fault::kNone);
  run_->clock().Advance(absl::Seconds(2));
  run_->api().keeper->Checkpoint();  // tries again
  ASSERT_TRUE(run_->api().keeper->Flush().ok());
  const auto again = Steps("e", {0}, 1);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->durable_step(), 2);
  Crash();
  EXPECT_EQ(run_->Get("e").next_step(), 2);
  EXPECT_EQ(run_->Get("p").next_step(), 1);
}

TEST_F(SessionHandlersStoreTest, AStreamsAnswersWaitForTheStoreAndKeepTheirOrder) {
  ASSERT_TRUE(Create("a", v1::DURABILITY_EVERY_STEP).ok());
  SessionKeeper& keeper = *run_->api().keeper;
  StreamClient client(run_->api());
  client.Open(Opening("a"));
  ASSERT_TRUE(keeper.Flush().ok());
  EXPECT_EQ(client.outcome(0), absl::OkStatus());
  for (int i = 0; i < 50; ++i) client.SendStep({1.0 * i});
  client.SendStep({7}, /*step_index=*/1000);  // a failure stays in its place
  ASSERT_TRUE(keeper.Flush().ok());
  ASSERT_EQ(client.answer_count(), 52u);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.outcome(i + 1), absl::OkStatus()) << i;
    EXPECT_EQ(client.step(i + 1).first_step(), i);
    EXPECT_EQ(client.step(i + 1).durable_step(), i + 1);
  }
  EXPECT_EQ(GetErrorReason(client.outcome(51)), "STEP_GAP");
  client.Close();
}

TEST_F(SessionHandlersStoreTest, ATakeoverWhileAStepWaitsForTheStoreLosesAndDoublesNothing) {
  ASSERT_TRUE(Create("a", v1::DURABILITY_EVERY_STEP).ok());
  SessionKeeper& keeper = *run_->api().keeper;
  StreamClient older(run_->api());
  older.Open(Opening("a"));
  ASSERT_TRUE(keeper.Flush().ok());
  store_.HoldWrites(true);
  older.SendStep({1});
  StreamClient newer(run_->api());
  newer.Open(Opening("a"));
  EXPECT_EQ(older.answer_count(), 1u) << "the step is not kept yet";
  EXPECT_EQ(newer.answer_count(), 0u) << "it would tell of a step that is not kept";
  EXPECT_EQ(GetErrorReason(older.ends().at(0)), "SESSION_TAKEN_OVER");
  store_.HoldWrites(false);
  ASSERT_TRUE(keeper.Flush().ok());
  EXPECT_EQ(older.outcome(1), absl::OkStatus()) << "it was made";
  EXPECT_EQ(older.step(1).durable_step(), 1);
  EXPECT_EQ(newer.outcome(0), absl::OkStatus());
  EXPECT_EQ(newer.opened().next_step(), 1);
  EXPECT_EQ(newer.opened().durable_step(), 1);
  older.Drop();
  newer.Drop();
  Crash();
  EXPECT_EQ(run_->Get("a").next_step(), 1);
}

TEST_F(SessionHandlersStoreTest, AnExportOrAForkOfASleeperIsThatOfASessionAwake) {
  v1::ExportSessionRequest take_out;
  take_out.set_name("sessions/a");
  v1::ForkSessionRequest fork;
  fork.set_name("sessions/a");
  fork.set_step_index(2);
  ASSERT_TRUE(Create("a", v1::DURABILITY_PERIODIC).ok());
  ASSERT_TRUE(Steps("a", {1, 0}).ok());
  ASSERT_TRUE(Steps("a", {1, 1, 0}).ok());
  const std::string awake = run_->Await(ExportSession, take_out)->snapshot();
  fork.set_session_id("awake");
  ASSERT_TRUE(run_->Await(ForkSession, fork).ok());

  Sleep();
  EXPECT_EQ(run_->Await(ExportSession, take_out)->snapshot(), awake);
  Sleep();
  fork.set_session_id("asleep");
  ASSERT_TRUE(run_->Await(ForkSession, fork).ok());
  EXPECT_EQ(run_->Get("asleep").state_digest(), run_->Get("awake").state_digest());
  EXPECT_EQ(run_->Get("asleep").next_step(), 2);
  EXPECT_EQ(Steps("asleep", {1, 1, 0})->state_digest(), run_->Get("a").state_digest());
  Crash();
  EXPECT_EQ(run_->Get("asleep").next_step(), 2);
  EXPECT_EQ(run_->Get("a").next_step(), 5);
}

// Every step is dear, so that sessions which wait step together.
class InCompanyStoreTest : public SessionHandlersStoreTest {
 protected:
  InCompanyStoreTest() : SessionHandlersStoreTest({.worker_count = 1, .inline_cost = 0}) {}

  static constexpr int kSessions = 8;
  static std::string Id(int k) { return absl::StrCat("s", k); }

  // An open stream on each session.
  std::vector<std::unique_ptr<StreamClient>> OpenAll() {
    std::vector<std::unique_ptr<StreamClient>> clients;
    for (int k = 0; k < kSessions; ++k) {
      clients.push_back(std::make_unique<StreamClient>(run_->api()));
      clients.back()->Open(Opening(Id(k)));
    }
    run_->api().scheduler.Drain();
    EXPECT_TRUE(run_->api().keeper->Flush().ok());
    return clients;
  }

  // At how many steps several sessions were stepped at once.
  int64_t StepsOfSeveral() {
    const Histogram::View view = run_->api().scheduler.batch_rows().Look();
    return std::accumulate(view.counts.begin() + 1, view.counts.end(), int64_t{0});
  }
};

TEST_F(InCompanyStoreTest, EachIsAnsweredWhenItsOwnDurabilityAllows) {
  const v1::Durability durabilities[] = {v1::DURABILITY_EVERY_STEP, v1::DURABILITY_PERIODIC,
                                         v1::DURABILITY_MEMORY};
  std::vector<v1::StepRequest> requests(kSessions);
  std::vector<v1::StepResponse> responses(kSessions);
  std::vector<absl::Status> outcomes(kSessions, absl::UnknownError("not answered"));
  for (int k = 0; k < kSessions; ++k) ASSERT_TRUE(Create(Id(k), durabilities[k % 3]).ok());
  {
    TurnBlocker blocker(run_->api(), "sessions/x");
    store_.HoldWrites(true);
    for (int k = 0; k < kSessions; ++k) {
      requests[k] = StepOf("sessions/" + Id(k), std::vector<double>(1 + k, 1));
      Step(run_->api(), Call(LocalCaller()), requests[k], &responses[k],
           [&outcome = outcomes[k]](absl::Status told) { outcome = std::move(told); });
    }
  }
  EXPECT_EQ(StepsOfSeveral(), kSessions - 1);
  for (int k = 0; k < kSessions; ++k) {
    EXPECT_EQ(outcomes[k].ok(), durabilities[k % 3] != v1::DURABILITY_EVERY_STEP) << k;
  }
  store_.HoldWrites(false);
  ASSERT_TRUE(run_->api().keeper->Flush().ok());
  for (int k = 0; k < kSessions; ++k) EXPECT_EQ(outcomes[k], absl::OkStatus()) << k;
  Crash();
  for (int k = 0; k < kSessions; k += 3) {
    EXPECT_EQ(responses[k].durable_step(), 1 + k);
    EXPECT_EQ(run_->Get(Id(k)).next_step(), 1 + k);
    EXPECT_EQ(run_->Get(Id(k)).state_digest(), responses[k].state_digest());
  }
}

TEST_F(InCompanyStoreTest, ADiskThatIsFullFailsOnlyThoseWhoseStepsMustBeKept) {
  for (int k = 0; k < kSessions; ++k) {
    ASSERT_TRUE(Create(Id(k), k % 2 ? v1::DURABILITY_PERIODIC : v1::DURABILITY_EVERY_STEP).ok());
  }
  const auto clients = OpenAll();
  store_.Fail(FaultStore::Fault::kWriteFails);
  {
    TurnBlocker blocker(run_->api(), "sessions/x");
    for (const auto& client : clients) client->SendStep({1});
  }
  run_->api().keeper->Flush().IgnoreError();
  for (int k = 0; k < kSessions; ++k) {
    EXPECT_EQ(GetErrorReason(clients[k]->outcome(1)), k % 2 ? "" : "STORE_FAILED") << k;
  }
  store_.Fail(FaultStore::Fault::kNone);
  run_->clock().Advance(absl::Seconds(2));
  run_->api().keeper->Checkpoint();  // tries again
  ASSERT_TRUE(run_->api().keeper->Flush().ok());
  for (int k = 0; k < kSessions; ++k) {
    const auto again = Steps(Id(k), {1}, 0);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->next_step(), 1) << "made once";
  }
}

TEST_F(InCompanyStoreTest, ATakeoverTakesOneSessionAndLeavesItsCompany) {
  for (int k = 0; k < kSessions; ++k) {
    ASSERT_TRUE(Create(Id(k), v1::DURABILITY_EVERY_STEP).ok());
  }
  const auto older = OpenAll();
  StreamClient newer(run_->api());
  {
    TurnBlocker blocker(run_->api(), "sessions/x");
    for (const auto& client : older) client->SendStep({1, 1});
    newer.Open(Opening(Id(3)));
    for (const auto& client : older) client->SendStep({0});
  }
  ASSERT_TRUE(run_->api().keeper->Flush().ok());
  EXPECT_GE(StepsOfSeveral(), 2);
  EXPECT_EQ(newer.opened().next_step(), 2);
  EXPECT_EQ(newer.opened().durable_step(), 2);
  for (int k = 0; k < kSessions; ++k) {
    const std::vector<std::string> expected = {"", "", k == 3 ? "SESSION_TAKEN_OVER" : ""};
    EXPECT_EQ(older[k]->Reasons(), expected) << k;
    older[k]->Drop();
  }
  newer.Drop();
  Crash();
  for (int k = 0; k < kSessions; ++k) {
    EXPECT_EQ(run_->Get(Id(k)).next_step(), k == 3 ? 2 : 3) << k;
  }
}

}  // namespace
}  // namespace cellar
