#include "client/session_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/tensor.h"
#include "tests/testing/in_process_server.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

// Against the whole server: what matters is that both sides mean the same.
class SessionClientTest : public ::testing::Test {
 protected:
  SessionClientTest() {
    server_.AddHomework();
    connection_ = std::make_shared<Connection>(server_.channel(), ConnectionOptions());
  }

  std::unique_ptr<SessionClient> Create(SessionClient::AtEnd at_end, const std::string& id = "") {
    v1::CreateSessionRequest request;
    request.set_session_id(id);
    request.mutable_session()->set_model("models/homework");
    auto session = SessionClient::Create(connection_, request, at_end);
    EXPECT_TRUE(session.ok()) << session.status();
    return session.ok() ? *std::move(session) : nullptr;
  }

  std::string ReasonOf(const absl::Status& status) { return GetCallError(status).reason; }

  InProcessServer server_;
  std::shared_ptr<Connection> connection_;
};

TEST_F(SessionClientTest, StepsFollowEachOther) {
  const auto session = Create(SessionClient::AtEnd::kDelete);
  ASSERT_TRUE(session->Step(MakeTensor({0, 0, 1})).ok());
  EXPECT_EQ(session->next_step(), 3);
  const auto answer = session->Step(MakeTensor({1}), v1::VIEW_TRACE);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->first_step(), 3);
  EXPECT_NEAR(answer->trace().outputs().values(0), -0.7616, 1e-4);
  EXPECT_TRUE(answer->trace().layers(0).has_forget_gate());
}

TEST_F(SessionClientTest, AStepMadeBySomebodyElseIsNoticed) {
  const auto session = Create(SessionClient::AtEnd::kDelete);
  const auto other = SessionClient::Attach(connection_, session->name());
  ASSERT_TRUE(other.ok()) << other.status();
  ASSERT_TRUE((*other)->Step(MakeTensor({0})).ok());
  EXPECT_EQ(ReasonOf(session->Step(MakeTensor({1})).status()), "STEP_CONFLICT");
  ASSERT_TRUE(session->Refresh().ok());
  EXPECT_TRUE(session->Step(MakeTensor({1})).ok());
}

TEST_F(SessionClientTest, ASessionItMadeIsDeletedAtTheEndUnlessKept) {
  std::string deleted = Create(SessionClient::AtEnd::kDelete)->name();
  std::string kept = Create(SessionClient::AtEnd::kKeep)->name();
  EXPECT_EQ(ReasonOf(SessionClient::Attach(connection_, deleted).status()), "SESSION_DELETED");
  EXPECT_TRUE(SessionClient::Attach(connection_, kept).ok());
}

TEST_F(SessionClientTest, RewindAndResetGoBack) {
  const auto session = Create(SessionClient::AtEnd::kDelete);
  ASSERT_TRUE(session->Step(MakeTensor({1})).ok());
  ASSERT_TRUE(session->Step(MakeTensor({1})).ok());
  ASSERT_TRUE(session->Rewind(1).ok());
  EXPECT_EQ(session->next_step(), 1);
  EXPECT_EQ(ReasonOf(session->Rewind(9)), "STEP_GAP");
  EXPECT_EQ(session->next_step(), 1) << "unchanged by the failure";
  ASSERT_TRUE(session->Reset().ok());
  EXPECT_EQ(session->next_step(), 0);
}

TEST_F(SessionClientTest, AForkGoesOnByItself) {
  const auto session = Create(SessionClient::AtEnd::kDelete);
  ASSERT_TRUE(session->Step(MakeTensor({1})).ok());
  const auto fork = session->Fork("branch", SessionClient::AtEnd::kDelete);
  ASSERT_TRUE(fork.ok()) << fork.status();
  EXPECT_EQ((*fork)->name(), "sessions/branch");
  EXPECT_EQ((*fork)->session().state_digest(), session->session().state_digest());
  ASSERT_TRUE((*fork)->Step(MakeTensor({1})).ok());
  EXPECT_EQ((*fork)->next_step(), 2);
  EXPECT_EQ(session->next_step(), 1);
}

TEST_F(SessionClientTest, StateCanBeReadAndSet) {
  const auto session = Create(SessionClient::AtEnd::kDelete);
  v1::State state;
  *state.add_layers()->mutable_h() = MakeTensor({1});
  ASSERT_TRUE(session->SetState(state, 5).ok());
  EXPECT_EQ(session->next_step(), 5);
  const auto read = session->GetState();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->layers(0).h().values(), ElementsAre(1));
  EXPECT_THAT(read->layers(0).c().values(), ElementsAre(0));
}

TEST_F(SessionClientTest, AnExportedSessionComesBack) {
  const auto session = Create(SessionClient::AtEnd::kDelete);
  ASSERT_TRUE(session->Step(MakeTensor({1, 1})).ok());
  ASSERT_TRUE(session->Refresh().ok());
  const auto snapshot = session->Export();
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  v1::ImportSessionRequest request;
  request.set_snapshot(*snapshot);
  request.mutable_session()->set_model("models/homework");
  const auto imported = connection_->Call(
      connection_->sessions(), &v1::SessionService::Stub::ImportSession, request, Repeat::kUnsafe);
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->session().state_digest(), session->session().state_digest());
}

TEST_F(SessionClientTest, AStreamGoesOnFromTheNextStep) {
  const auto session = Create(SessionClient::AtEnd::kDelete);
  ASSERT_TRUE(session->Step(MakeTensor({0, 0})).ok());
  auto stream = session->Stream(v1::VIEW_OUTPUT);
  ASSERT_TRUE(stream.ok()) << stream.status();
  (*stream)->Send(MakeTensor({1}));
  (*stream)->Send(MakeTensor({1}));
  ASSERT_TRUE((*stream)->Receive().ok());
  const auto answer = (*stream)->Receive();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->first_step(), 3);
  EXPECT_TRUE((*stream)->Close().ok());
  session->Advance(answer->next_step());
  EXPECT_TRUE(session->Step(MakeTensor({1})).ok());
}

TEST_F(SessionClientTest, ADeletedSessionIsNotDeletedAgain) {
  const auto session = Create(SessionClient::AtEnd::kDelete);
  EXPECT_TRUE(session->Delete().ok());
  EXPECT_EQ(ReasonOf(session->Delete()), "SESSION_DELETED");
}

}  // namespace
}  // namespace cellar
