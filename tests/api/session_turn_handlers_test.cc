// Mirrors server/api/session_turn_handlers.cc: the handlers that wait for the session's turn.
#include <functional>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/session_handlers.h"
#include "server/store/snapshot_format.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

class SessionTurnHandlersTest : public testing::Test {
 protected:
  SessionTurnHandlersTest() {
    model_ = fixture_.AddModel(HomeworkModel());
    v1::Session settings;
    settings.set_replay_window(3);
    (*settings.mutable_labels())["k"] = "v";
    settings.mutable_ttl()->set_seconds(600);
    fixture_.NewSession("a", model_, settings);
  }

  absl::StatusOr<v1::StepResponse> StepA(const std::vector<double>& inputs) {
    return fixture_.Await(Step, StepOf("sessions/a", inputs));
  }
  absl::StatusOr<v1::ResetSessionResponse> Reset(const std::string& name = "sessions/a") {
    v1::ResetSessionRequest request;
    request.set_name(name);
    return fixture_.Await(ResetSession, request);
  }
  absl::StatusOr<v1::RewindSessionResponse> Rewind(int64_t step_index) {
    v1::RewindSessionRequest request;
    request.set_name("sessions/a");
    request.set_step_index(step_index);
    return fixture_.Await(RewindSession, request);
  }
  static v1::ForkSessionRequest ForkOf(std::optional<int64_t> step_index = std::nullopt) {
    v1::ForkSessionRequest request;
    request.set_name("sessions/a");
    request.set_session_id("b");
    if (step_index.has_value()) request.set_step_index(*step_index);
    return request;
  }
  absl::StatusOr<v1::ForkSessionResponse> Fork(const v1::ForkSessionRequest& request) {
    return fixture_.Await(ForkSession, request);
  }
  absl::StatusOr<v1::SetSessionStateResponse> Set(const v1::SetSessionStateRequest& request) {
    return fixture_.Await(SetSessionState, request);
  }
  static v1::SetSessionStateRequest SetOf(double h, double c) {
    v1::SetSessionStateRequest request;
    request.set_name("sessions/a");
    v1::LayerState& layer = *request.mutable_state()->add_layers();
    *layer.mutable_h() = ValuesOf({h});
    *layer.mutable_c() = ValuesOf({c});
    return request;
  }
  // What must not change when a call fails.
  std::string Picture() { return fixture_.Get("a").SerializeAsString(); }
  std::string Digest() { return fixture_.Get("a").state_digest(); }

  ApiFixture fixture_;
  std::string model_;
};

TEST_F(SessionTurnHandlersTest, AResetGoesBackToTheBeginningAndEmptiesTheWindow) {
  const std::string digest = Digest();
  ASSERT_TRUE(StepA({1, 1}).ok());
  fixture_.clock().Advance(absl::Seconds(5));
  const auto reset = Reset();
  ASSERT_TRUE(reset.ok()) << reset.status();
  EXPECT_EQ(reset->session().state_digest(), digest);
  EXPECT_EQ(reset->session().next_step(), 0);
  EXPECT_EQ(reset->session().oldest_step(), 0);
  EXPECT_EQ(reset->session().update_time().seconds(), absl::ToUnixSeconds(fixture_.clock().Now()));
  EXPECT_EQ(fixture_.Get("a").next_step(), 0);
  EXPECT_EQ(fixture_.Get("a").state_digest(), digest);
}

TEST_F(SessionTurnHandlersTest, AResetTwiceIsAResetOnce) {
  ASSERT_TRUE(StepA({1}).ok());
  const auto first = Reset();
  EXPECT_EQ(Reset()->SerializeAsString(), first->SerializeAsString());
}

TEST_F(SessionTurnHandlersTest, ARewindGoesToAnyStepOfTheWindowBitForBit) {
  std::vector<std::string> digests = {Digest()};
  for (const double x : {0, 0, 1, 1, 1, 0}) {
    ASSERT_TRUE(StepA({x}).ok());
    digests.push_back(Digest());
  }
  // The window has three requests of one step each.
  for (const int64_t step : {6, 5, 4, 3}) {
    const auto rewound = Rewind(step);
    ASSERT_TRUE(rewound.ok()) << rewound.status();
    EXPECT_EQ(rewound->session().next_step(), step);
    EXPECT_EQ(rewound->session().oldest_step(), 3);
    EXPECT_EQ(rewound->session().state_digest(), digests[step]);
  }
}

TEST_F(SessionTurnHandlersTest, ARewindReachesIntoTheMiddleOfARequest) {
  ASSERT_TRUE(StepA({0, 0}).ok());
  const std::string digest = Digest();
  ASSERT_TRUE(Reset().ok());
  ASSERT_TRUE(StepA({0, 0, 1, 1}).ok());
  EXPECT_EQ(Rewind(2)->session().state_digest(), digest);
}

TEST_F(SessionTurnHandlersTest, ARewindBeyondTheWindowFailsAndLeavesTheSession) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(StepA({1}).ok());
  const std::string before = Picture();
  const absl::Status gap = Rewind(6).status();
  EXPECT_EQ(gap.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(GetErrorReason(gap), "STEP_GAP");
  EXPECT_EQ(MetadataOf(gap, "next_step"), "5");
  const absl::Status old = Rewind(1).status();
  EXPECT_EQ(old.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(GetErrorReason(old), "STEP_TOO_OLD");
  EXPECT_EQ(MetadataOf(old, "oldest_step"), "2");
  EXPECT_THAT(ViolatedFields(Rewind(-1).status()), ElementsAre("step_index"));
  EXPECT_EQ(GetErrorReason(Rewind(std::numeric_limits<int64_t>::max()).status()), "STEP_GAP");
  EXPECT_EQ(Picture(), before);
}

TEST_F(SessionTurnHandlersTest, AForkGoesOnFromWhereTheOtherIs) {
  ASSERT_TRUE(StepA({0, 1}).ok());
  const std::string before = Picture();
  const auto fork = Fork(ForkOf());
  ASSERT_TRUE(fork.ok()) << fork.status();
  const v1::Session a = fixture_.Get("a");
  EXPECT_EQ(fork->session().name(), "sessions/b");
  EXPECT_EQ(fork->session().model(), a.model());
  EXPECT_EQ(fork->session().numerics().SerializeAsString(), a.numerics().SerializeAsString());
  EXPECT_EQ(fork->session().next_step(), 2);
  EXPECT_EQ(fork->session().oldest_step(), a.oldest_step());
  EXPECT_EQ(fork->session().replay_window(), 3);
  EXPECT_EQ(fork->session().state_digest(), a.state_digest());
  EXPECT_EQ(fork->session().labels_size(), 0) << "labels are not taken over";
  EXPECT_EQ(fork->session().expire_time().seconds() - fork->session().create_time().seconds(), 600);
  EXPECT_EQ(Picture(), before);
  const auto b = fixture_.Await(Step, StepOf("sessions/b", {1}));
  EXPECT_EQ(b->SerializeAsString(), StepA({1})->SerializeAsString());
}

TEST_F(SessionTurnHandlersTest, AForkBeginsWhereItIsTold) {
  ASSERT_TRUE(StepA({0}).ok());
  const std::string digest = Digest();
  ASSERT_TRUE(StepA({1, 1}).ok());
  v1::ForkSessionRequest request = ForkOf(1);
  request.mutable_ttl()->set_seconds(60);
  (*request.mutable_labels())["own"] = "label";
  const auto fork = Fork(request);
  ASSERT_TRUE(fork.ok()) << fork.status();
  EXPECT_EQ(fork->session().next_step(), 1);
  EXPECT_EQ(fork->session().state_digest(), digest);
  EXPECT_EQ(fork->session().expire_time().seconds() - fork->session().create_time().seconds(), 60);
  EXPECT_EQ(fork->session().labels().at("own"), "label");
  EXPECT_EQ(fixture_.Get("a").next_step(), 3);
}

TEST_F(SessionTurnHandlersTest, AForkResetsToTheInitialStateOfTheOther) {
  const std::string digest = Digest();
  ASSERT_TRUE(StepA({1}).ok());
  ASSERT_TRUE(Fork(ForkOf()).ok());
  EXPECT_EQ(Reset("sessions/b")->session().state_digest(), digest);
}

TEST_F(SessionTurnHandlersTest, AForkWithoutAnIdGetsOne) {
  v1::ForkSessionRequest request = ForkOf();
  request.clear_session_id();
  EXPECT_THAT(Fork(request)->session().name(), testing::StartsWith("sessions/s-"));
}

TEST_F(SessionTurnHandlersTest, AForkThatCannotBeLeavesNothing) {
  ASSERT_TRUE(StepA({1}).ok());
  const std::string before = Picture();
  EXPECT_EQ(GetErrorReason(Fork(ForkOf(2)).status()), "STEP_GAP");
  v1::ForkSessionRequest request = ForkOf();
  request.set_session_id("a");
  EXPECT_EQ(GetErrorReason(Fork(request).status()), "SESSION_EXISTS");
  request.set_name("b");
  request.set_session_id("B");
  request.set_step_index(-1);
  request.mutable_ttl();
  (*request.mutable_labels())["BAD"] = "";
  EXPECT_THAT(ViolatedFields(Fork(request).status()),
              ElementsAre("step_index", "session_id", "ttl", "labels[\"BAD\"]", "name"));
  EXPECT_EQ(Picture(), before);
  EXPECT_EQ(fixture_.api().sessions.session_count(), 1);
}

TEST_F(SessionTurnHandlersTest, AnExportTellsTheStateAndChangesNothing) {
  ASSERT_TRUE(StepA({0, 1}).ok());
  const std::string before = Picture();
  v1::ExportSessionRequest request;
  request.set_name("sessions/a");
  const auto exported = fixture_.Await(ExportSession, request);
  ASSERT_TRUE(exported.ok()) << exported.status();
  EXPECT_EQ(exported->session().next_step(), 2);
  const auto snapshot = DecodeSnapshot(exported->snapshot());
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ(ToHex(snapshot->model_digest), HomeworkModel()->digest());
  EXPECT_EQ(snapshot->next_step, 2);
  EXPECT_EQ(snapshot->layers[0].c, fixture_.Get("a").state().layers(0).c().raw());
  EXPECT_EQ(Picture(), before);
}

TEST_F(SessionTurnHandlersTest, ASetStateIsTheState) {
  ASSERT_TRUE(StepA({1, 1, 1}).ok());
  const auto set = Set(SetOf(0.5, 2));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->session().next_step(), 3) << "not given: unchanged";
  EXPECT_EQ(set->session().oldest_step(), 3) << "the window is empty";
  const v1::Session session = fixture_.Get("a");
  EXPECT_EQ(session.state().layers(0).h().raw(), std::string("\0\0\0\x3f", 4));
  EXPECT_EQ(session.state().layers(0).c().raw(), std::string("\0\0\0\x40", 4));
  EXPECT_EQ(session.state_digest(), set->session().state_digest());
}

TEST_F(SessionTurnHandlersTest, ASetStateMayMoveTheNextStep) {
  v1::SetSessionStateRequest request = SetOf(0, 0);
  request.set_next_step(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Set(request)->session().next_step(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(GetErrorReason(StepA({1}).status()), "STEP_COUNT_LIMIT") << "no index is left";
  request.set_next_step(0);
  EXPECT_EQ(Set(request)->session().next_step(), 0);
}

TEST_F(SessionTurnHandlersTest, AResetAfterASetStateGoesToTheStateOfTheCreation) {
  const std::string digest = Digest();
  ASSERT_TRUE(Set(SetOf(1, 1)).ok());
  EXPECT_EQ(Reset()->session().state_digest(), digest);
}

TEST_F(SessionTurnHandlersTest, AWrongStateIsRefusedInEveryRespectAtOnce) {
  ASSERT_TRUE(StepA({1}).ok());
  const std::string before = Picture();
  v1::SetSessionStateRequest request = SetOf(0, 0);
  request.set_next_step(-1);
  request.mutable_state()->mutable_layers(0)->mutable_h()->add_shape(2);
  request.mutable_state()->mutable_layers(0)->mutable_c()->set_raw("abcd");
  request.mutable_state()->add_backward_layers();
  EXPECT_THAT(ViolatedFields(Set(request).status()),
              ElementsAre("next_step", "state.layers[0].h.shape", "state.layers[0].c",
                          "state.backward_layers"));
  request.Clear();
  EXPECT_THAT(ViolatedFields(Set(request).status()), ElementsAre("state", "name"));
  request.set_name("sessions/a");
  request.mutable_state();
  EXPECT_THAT(ViolatedFields(Set(request).status()), ElementsAre("state.layers"));
  EXPECT_EQ(Picture(), before);
}

TEST_F(SessionTurnHandlersTest, NothingCanBeDoneWithASessionThatIsNotThere) {
  const auto reasons = [&](const std::string& name) {
    v1::ForkSessionRequest fork;
    fork.set_name(name);
    v1::ExportSessionRequest exported;
    exported.set_name(name);
    v1::SetSessionStateRequest set = SetOf(0, 0);
    set.set_name(name);
    v1::RewindSessionRequest rewind;
    rewind.set_name(name);
    return std::vector<std::string>{
        GetErrorReason(Reset(name).status()), GetErrorReason(Fork(fork).status()),
        GetErrorReason(fixture_.Await(ExportSession, exported).status()),
        GetErrorReason(Set(set).status()),
        GetErrorReason(fixture_.Await(RewindSession, rewind).status())};
  };
  EXPECT_THAT(reasons("sessions/none"), testing::Each("SESSION_NOT_FOUND"));
  EXPECT_THAT(reasons("none"), testing::Each("BAD_REQUEST"));
  fixture_.clock().Advance(absl::Seconds(600));
  EXPECT_THAT(reasons("sessions/a"), testing::Each("SESSION_EXPIRED"));
}

TEST_F(SessionTurnHandlersTest, EveryChangeAndEveryTurnRestartsUnusedTime) {
  const auto expires_in = [&] {
    return fixture_.Get("a").expire_time().seconds() - absl::ToUnixSeconds(fixture_.clock().Now());
  };
  const std::function<absl::Status()> calls[] = {
      [&] { return StepA({1}).status(); }, [&] { return Reset().status(); },
      [&] { return Rewind(0).status(); }, [&] { return Set(SetOf(0, 0)).status(); }};
  for (const auto& call : calls) {
    fixture_.clock().Advance(absl::Seconds(500));
    EXPECT_EQ(expires_in(), 100);
    ASSERT_TRUE(call().ok());
    EXPECT_EQ(expires_in(), 600);
  }
}

TEST_F(SessionTurnHandlersTest, CallsOnOneSessionActInTheOrderOfArrival) {
  std::vector<std::string> order;
  std::vector<absl::Status> outcomes;
  const auto note = [&](const std::string& what) {
    return [&order, &outcomes, what](absl::Status status) {
      order.push_back(what);
      outcomes.push_back(std::move(status));
    };
  };
  v1::ResetSessionRequest reset;
  reset.set_name("sessions/a");
  v1::ResetSessionResponse reset_response;
  v1::RewindSessionRequest rewind;
  rewind.set_name("sessions/a");
  v1::RewindSessionResponse rewind_response;
  v1::StepResponse steps[2];
  const v1::StepRequest step = StepOf("sessions/a", {1, 1});
  {
    TurnBlocker blocker(fixture_.api(), "sessions/a");
    Step(fixture_.api(), Call(LocalCaller()), step, &steps[0], note("step"));
    RewindSession(fixture_.api(), Call(LocalCaller()), rewind, &rewind_response, note("rewind"));
    ResetSession(fixture_.api(), Call(LocalCaller()), reset, &reset_response, note("reset"));
    Step(fixture_.api(), Call(LocalCaller()), step, &steps[1], note("step"));
  }
  EXPECT_THAT(order, ElementsAre("step", "rewind", "reset", "step"));
  EXPECT_THAT(outcomes, testing::Each(absl::OkStatus()));
  EXPECT_EQ(steps[0].SerializeAsString(), steps[1].SerializeAsString());
}

}  // namespace
}  // namespace cellar
