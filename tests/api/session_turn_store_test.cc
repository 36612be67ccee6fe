// Cheap steps of a server with a store: made at once, and answered at once if nothing has to be
// kept first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

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

using testing::IsEmpty;
using testing::UnorderedElementsAre;

// A call that is not waited for.
template <class Request, class Response>
struct Asked {
  void Begin(Api& api, void (*handler)(Api&, const Call&, const Request&, Response*, Done)) {
    handler(api, Call(LocalCaller()), request, &response, [this](absl::Status told) {
      outcome = std::move(told);
      answered = true;
    });
  }

  Request request;
  Response response;
  absl::Status outcome;
  bool answered = false;
};

class SessionTurnStoreTest : public testing::Test {
 protected:
  SessionTurnStoreTest() {
    for (auto* batch : {&batch_.request, stream_batch_.request.mutable_batch()}) {
      for (const char* id : {"a", "b"}) {
        v1::BatchStepItem& item = *batch->add_items();
        item.set_session(std::string("sessions/") + id);
        *item.mutable_inputs() = ValuesOf({1});
      }
    }
  }
  ~SessionTurnStoreTest() override { Release(); }

  void Create(const std::string& id, v1::Durability durability) {
    creation_.request.set_session_id(id);
    creation_.request.mutable_session()->set_model(model_);
    creation_.request.mutable_session()->set_durability(durability);
    creation_.Begin(fixture_.api(), CreateSession);
  }

  void Open() {
    v1::StreamStepsRequest open;
    open.mutable_open()->set_session("sessions/a");
    client_.Open(open);
  }

  // One step of sessions/a by each way in which it can come; the batches have one of sessions/b,
  // too.
  void StepInEveryWay(int64_t first_step) {
    unary_.request = StepOf("sessions/a", {1}, first_step);
    unary_.Begin(fixture_.api(), Step);
    client_.SendStep({1}, first_step + 1);
    batch_.Begin(fixture_.api(), BatchStep);
    stream_batch_.Begin(fixture_.api(), StreamBatchStep);
  }

  std::vector<std::string> Answered() const {
    std::vector<std::string> answered;
    if (unary_.answered) answered.push_back("unary");
    if (client_.answer_count() > 1) answered.push_back("stream");
    if (batch_.answered) answered.push_back("batch");
    if (stream_batch_.answered) answered.push_back("batch on a stream");
    return answered;
  }

  void Release() {
    store_.HoldWrites(false);
    fixture_.api().keeper->Flush().IgnoreError();
  }

  FaultStore store_;
  ApiFixture fixture_{{.store = &store_}};
  const std::string model_ = fixture_.AddModel(HomeworkModel());
  StreamClient client_{fixture_.api()};
  Asked<v1::CreateSessionRequest, v1::CreateSessionResponse> creation_;
  Asked<v1::StepRequest, v1::StepResponse> unary_;
  Asked<v1::BatchStepRequest, v1::BatchStepResponse> batch_;
  Asked<v1::StreamBatchStepsRequest, v1::StreamBatchStepsResponse> stream_batch_;
};

TEST_F(SessionTurnStoreTest, NoStepIsAnsweredBeforeTheRewindThatItStandsOnIsKept) {
  for (const char* id : {"a", "b"}) {
    Create(id, v1::DURABILITY_PERIODIC);
    Release();
  }
  ASSERT_TRUE(fixture_.Await(Step, StepOf("sessions/a", {1, 0, 1, 1})).ok());
  Open();
  Asked<v1::RewindSessionRequest, v1::RewindSessionResponse> rewind;
  rewind.request.set_name("sessions/a");
  rewind.request.set_step_index(2);
  store_.HoldWrites(true);
  rewind.Begin(fixture_.api(), RewindSession);
  store_.AwaitHeldWrite();
  StepInEveryWay(2);
  EXPECT_FALSE(rewind.answered);
  EXPECT_THAT(Answered(), IsEmpty());
  EXPECT_EQ(fixture_.Get("a").next_step(), 6) << "they are made";
  EXPECT_EQ(fixture_.Get("b").next_step(), 2);

  Release();
  EXPECT_TRUE(rewind.answered);
  EXPECT_THAT(Answered(), UnorderedElementsAre("unary", "stream", "batch", "batch on a stream"));
  EXPECT_EQ(unary_.response.first_step(), 2);
  EXPECT_EQ(client_.step(1).first_step(), 3);
  EXPECT_EQ(batch_.response.results(0).step().first_step(), 4);
  EXPECT_EQ(batch_.response.results(1).step().first_step(), 0);
  EXPECT_EQ(stream_batch_.response.batch().results(0).step().first_step(), 5);
  EXPECT_EQ(stream_batch_.response.batch().results(1).step().first_step(), 1);
}

TEST_F(SessionTurnStoreTest, NoStepOfASessionOfMemoryIsAnsweredBeforeItIsKeptThatItWasThere) {
  Create("b", v1::DURABILITY_MEMORY);
  Release();
  store_.HoldWrites(true);
  Create("a", v1::DURABILITY_MEMORY);
  store_.AwaitHeldWrite();
  Open();
  EXPECT_EQ(client_.answer_count(), 0u);
  unary_.request = StepOf("sessions/a", {1});
  unary_.Begin(fixture_.api(), Step);
  batch_.Begin(fixture_.api(), BatchStep);
  EXPECT_THAT(Answered(), IsEmpty());

  Release();
  EXPECT_TRUE(unary_.outcome.ok());
  EXPECT_THAT(Answered(), UnorderedElementsAre("unary", "batch"));
  EXPECT_EQ(client_.outcome(0), absl::OkStatus());
}

TEST_F(SessionTurnStoreTest, StepsThatStandOnWhatIsKeptDoNotWaitForTheStore) {
  for (const auto durability : {v1::DURABILITY_PERIODIC, v1::DURABILITY_MEMORY}) {
    SCOPED_TRACE(v1::Durability_Name(durability));
    for (const char* id : {"a", "b"}) {
      Create(id, durability);
      Release();
    }
    StreamClient client(fixture_.api());
    v1::StreamStepsRequest open;
    open.mutable_open()->set_session("sessions/a");
    client.Open(open);
    const int64_t writes = store_.write_count();
    store_.HoldWrites(true);
    unary_.answered = batch_.answered = false;
    unary_.request = StepOf("sessions/a", {1}, 0);
    unary_.Begin(fixture_.api(), Step);
    client.SendStep({1}, 1);
    batch_.Begin(fixture_.api(), BatchStep);
    EXPECT_TRUE(unary_.answered);
    EXPECT_EQ(client.answer_count(), 2u);
    EXPECT_TRUE(batch_.answered);
    EXPECT_EQ(store_.write_count(), writes);
    client.Close();
    Release();
    for (const char* id : {"sessions/a", "sessions/b"}) {
      v1::DeleteSessionRequest remove;
      remove.set_name(id);
      ASSERT_TRUE(fixture_.Await(DeleteSession, remove).ok());
    }
  }
}

// Changes of "sessions/a" that are no steps: a rewind to step 2, a reset, a set state.
class ChangesTest : public SessionTurnStoreTest {
 protected:
  std::vector<absl::Status> ChangeInEveryWay() {
    v1::RewindSessionRequest rewind;
    rewind.set_name("sessions/a");
    rewind.set_step_index(2);
    v1::ResetSessionRequest reset;
    reset.set_name("sessions/a");
    v1::SetSessionStateRequest set;
    set.set_name("sessions/a");
    *set.mutable_state() = fixture_.Get("a").state();
    return {fixture_.Await(RewindSession, rewind).status(),
            fixture_.Await(ResetSession, reset).status(),
            fixture_.Await(SetSessionState, set).status()};
  }

  // A session of three steps.
  void Begin(v1::Durability durability) {
    Create("a", durability);
    Release();
    ASSERT_TRUE(fixture_.Await(Step, StepOf("sessions/a", {1, 0, 1})).ok());
    fixture_.api().keeper->Flush().IgnoreError();
  }

  // The store works again, and the server finds out by itself.
  void Heal() {
    store_.Fail(FaultStore::Fault::kNone);
    fixture_.clock().Advance(absl::Seconds(2));
    fixture_.api().keeper->Checkpoint();
    ASSERT_TRUE(fixture_.api().keeper->Flush().ok());
  }
};

TEST_F(ChangesTest, NoneIsMadeOfWhatMustBeKeptWhileTheStoreIsKnownToFail) {
  Begin(v1::DURABILITY_PERIODIC);
  store_.Fail(FaultStore::Fault::kWriteFails);
  Create("b", v1::DURABILITY_PERIODIC);  // finds out
  Release();
  const std::string before = fixture_.Get("a").SerializeAsString();
  for (const absl::Status& change : ChangeInEveryWay()) {
    EXPECT_EQ(GetErrorReason(change), "STORE_FAILED");
  }
  EXPECT_EQ(fixture_.Get("a").SerializeAsString(), before);
  EXPECT_TRUE(fixture_.Await(Step, StepOf("sessions/a", {1}, 3)).ok()) << "goes on as if not asked";
  Heal();
  EXPECT_THAT(ChangeInEveryWay(), testing::Each(absl::OkStatus()));
}

TEST_F(ChangesTest, ThoseOfASessionOfMemoryNeedNoStore) {
  Begin(v1::DURABILITY_MEMORY);
  store_.Fail(FaultStore::Fault::kWriteFails);
  Create("b", v1::DURABILITY_PERIODIC);
  Release();
  EXPECT_THAT(ChangeInEveryWay(), testing::Each(absl::OkStatus()));
}

// The first one to find out that the store fails stands: it is asked for again.
TEST_F(ChangesTest, NoStepIsMadeOnOneThatCouldNotBeKept) {
  Begin(v1::DURABILITY_PERIODIC);
  store_.Fail(FaultStore::Fault::kWriteFails);
  Asked<v1::RewindSessionRequest, v1::RewindSessionResponse> rewind;
  rewind.request.set_name("sessions/a");
  rewind.request.set_step_index(2);
  for (int i = 0; i < 2; ++i) {
    rewind.Begin(fixture_.api(), RewindSession);
    fixture_.api().keeper->Flush().IgnoreError();
    EXPECT_EQ(GetErrorReason(rewind.outcome), "STORE_FAILED");
  }
  EXPECT_EQ(fixture_.Get("a").next_step(), 2);
  EXPECT_EQ(GetErrorReason(fixture_.Await(Step, StepOf("sessions/a", {1}, 2)).status()),
            "STORE_FAILED");
  EXPECT_EQ(fixture_.Get("a").next_step(), 2);
  Heal();
  EXPECT_TRUE(fixture_.Await(Step, StepOf("sessions/a", {1}, 2)).ok());
}

TEST_F(ChangesTest, ADeletionIsToldOnlyOnceItIsKeptHoweverOftenItIsAskedFor) {
  Begin(v1::DURABILITY_PERIODIC);
  const auto remove = [this] {
    v1::DeleteSessionRequest request;
    request.set_name("sessions/a");
    return GetErrorReason(fixture_.Await(DeleteSession, request).status());
  };
  store_.Fail(FaultStore::Fault::kWriteFails);
  EXPECT_EQ(remove(), "STORE_FAILED");
  EXPECT_EQ(remove(), "STORE_FAILED");
  store_.Fail(FaultStore::Fault::kNone);
  EXPECT_EQ(remove(), "SESSION_DELETED");
}

}  // namespace
}  // namespace cellar
