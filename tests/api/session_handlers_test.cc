#include "server/api/session_handlers.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

class SessionHandlersTest : public testing::Test {
 protected:
  explicit SessionHandlersTest(const ApiFixtureOptions& options = {}) : fixture_(options) {
    model_ = fixture_.AddModel(HomeworkModel());
  }

  v1::CreateSessionRequest CreateOf(const std::string& id) {
    v1::CreateSessionRequest request;
    request.set_session_id(id);
    request.mutable_session()->set_model(model_);
    return request;
  }
  absl::StatusOr<v1::CreateSessionResponse> Create(const v1::CreateSessionRequest& request) {
    return fixture_.Await(CreateSession, request);
  }
  absl::StatusOr<v1::GetSessionResponse> GetNamed(const std::string& name) {
    v1::GetSessionRequest request;
    request.set_name(name);
    return fixture_.Ask(GetSession, request);
  }
  absl::Status Delete(const std::string& name) {
    v1::DeleteSessionRequest request;
    request.set_name(name);
    return fixture_.Await(DeleteSession, request).status();
  }
  absl::StatusOr<v1::StepResponse> StepA(const std::vector<double>& inputs) {
    return fixture_.Await(Step, StepOf("sessions/a", inputs));
  }
  std::string AddBidirectionalModel() {
    RandomModelOptions options;
    options.bidirectional = true;
    return fixture_.AddModel(RandomModel(3, options));
  }

  ApiFixture fixture_;
  std::string model_;
};

TEST_F(SessionHandlersTest, ANewSessionStandsAtZeroWithEveryDefaultSpelledOut) {
  const auto created = Create(CreateOf("a"));
  ASSERT_TRUE(created.ok()) << created.status();
  const v1::Session& session = created->session();
  EXPECT_EQ(session.name(), "sessions/a");
  EXPECT_EQ(session.model(), "models/homework");
  EXPECT_EQ(session.numerics().precision(), v1::PRECISION_FLOAT32);
  EXPECT_EQ(session.numerics().activation_rule(), v1::ACTIVATION_RULE_EXACT);
  EXPECT_EQ(session.durability(), v1::DURABILITY_MEMORY);
  EXPECT_EQ(session.replay_window(), 8);
  EXPECT_EQ(session.next_step(), 0);
  EXPECT_EQ(session.oldest_step(), 0);
  EXPECT_FALSE(session.has_state());
  EXPECT_EQ(session.state_digest().size(), 64);
  EXPECT_EQ(session.create_time().seconds(), absl::ToUnixSeconds(FakeClock::Start()));
  EXPECT_EQ(session.update_time().seconds(), absl::ToUnixSeconds(FakeClock::Start()));
  EXPECT_EQ(session.expire_time().seconds(), absl::ToUnixSeconds(FakeClock::Start()) + 3600);
}

TEST_F(SessionHandlersTest, WithoutAnIdOneIsMadeThatIsNewEveryTime) {
  std::set<std::string> names;
  for (int i = 0; i < 10; ++i) {
    const auto created = Create(CreateOf(""));
    ASSERT_TRUE(created.ok());
    EXPECT_THAT(created->session().name(), MatchesRegex("sessions/s-[0-9a-f]+-[0-9a-f]+"));
    names.insert(created->session().name());
    EXPECT_TRUE(GetNamed(created->session().name()).ok());
  }
  EXPECT_EQ(names.size(), 10);
}

TEST_F(SessionHandlersTest, GivenSettingsAreTaken) {
  v1::CreateSessionRequest request = CreateOf("a");
  v1::Session& session = *request.mutable_session();
  session.mutable_ttl()->set_seconds(90);
  session.set_replay_window(2);
  (*session.mutable_labels())["course"] = "nn-101";
  session.mutable_numerics()->set_precision(v1::PRECISION_FLOAT64);
  session.mutable_numerics()->set_rounding(v1::ROUNDING_NEAREST_TIES_TO_ZERO);
  const auto created = Create(request);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->session().expire_time().seconds() - created->session().create_time().seconds(),
            90);
  EXPECT_EQ(created->session().replay_window(), 2);
  EXPECT_EQ(created->session().labels().at("course"), "nn-101");
  EXPECT_EQ(created->session().numerics().precision(), v1::PRECISION_FLOAT64);
  EXPECT_EQ(created->session().numerics().rounding(), v1::ROUNDING_NEAREST_TIES_TO_ZERO);
}

TEST_F(SessionHandlersTest, OutputOnlyFieldsAreIgnored) {
  v1::CreateSessionRequest request = CreateOf("a");
  request.mutable_session()->set_name("not a name");
  request.mutable_session()->set_next_step(-5);
  request.mutable_session()->set_state_digest("x");
  request.mutable_session()->mutable_state()->add_layers();
  const auto created = Create(request);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->session().name(), "sessions/a");
  EXPECT_EQ(created->session().next_step(), 0);
}

TEST_F(SessionHandlersTest, APrecisionLeftOutIsTheModels) {
  const auto model = fixture_.AddModel(HomeworkModel(Precision::kFloat64, "doubles"));
  EXPECT_EQ(fixture_.NewSession("a", model).numerics().precision(), v1::PRECISION_FLOAT64);
}

TEST_F(SessionHandlersTest, AModelTooLargeForFloat32IsRefusedInFloat32) {
  ModelSpec<double> spec = HomeworkSpec<double>();
  spec.layers[0].gates[0].bias.values[0] = 1e300;
  auto stack = BuildLayerStack(std::move(spec), ModelLimits{}, "model", {});
  const auto model = fixture_.AddModel(
      std::make_shared<const Model>("huge", "", *std::move(stack), FakeClock::Start()));
  v1::CreateSessionRequest request = CreateOf("a");
  request.mutable_session()->set_model(model);
  EXPECT_TRUE(Create(request).ok()) << "in the model's own precision";
  request.set_session_id("b");
  request.mutable_session()->mutable_numerics()->set_precision(v1::PRECISION_FLOAT32);
  EXPECT_THAT(ViolatedFields(Create(request).status()), ElementsAre("session.numerics.precision"));
}

TEST_F(SessionHandlersTest, AGivenInitialStateIsWhereTheSessionStarts) {
  v1::CreateSessionRequest request = CreateOf("a");
  *request.mutable_initial_state()->add_layers()->mutable_c() = ValuesOf({2});
  ASSERT_TRUE(Create(request).ok());
  const v1::Session session = fixture_.Get("a");
  EXPECT_EQ(session.state().layers(0).h().raw(), std::string(4, '\0'));
  EXPECT_EQ(session.state().layers(0).c().raw(), std::string("\0\0\0\x40", 4));
}

TEST_F(SessionHandlersTest, EveryViolationOfACreationIsReportedAtOnce) {
  v1::CreateSessionRequest request = CreateOf("Not An Id");
  v1::Session& session = *request.mutable_session();
  session.mutable_ttl()->set_seconds(-1);
  session.set_replay_window(-1);
  session.set_durability(static_cast<v1::Durability>(9));
  (*session.mutable_labels())["BAD"] = "";
  session.mutable_numerics()->set_rounding(static_cast<v1::Rounding>(9));
  *request.mutable_initial_state()->add_layers()->mutable_h() = ValuesOf({1, 2, 3});
  request.mutable_initial_state()->mutable_layers(0)->mutable_c()->set_raw("x");
  EXPECT_THAT(
      ViolatedFields(Create(request).status()),
      ElementsAre("session_id", "session.durability", "session.ttl", "session.replay_window",
                  "session.labels[\"BAD\"]", "session.numerics.rounding",
                  "initial_state.layers[0].h", "initial_state.layers[0].c"));
  EXPECT_EQ(fixture_.api().sessions.session_count(), 0);
}

TEST_F(SessionHandlersTest, ViolationsAreReportedEvenWithoutAModelToLookAt) {
  v1::CreateSessionRequest request = CreateOf("Not An Id");
  request.clear_session();
  EXPECT_THAT(ViolatedFields(Create(request).status()), ElementsAre("session_id", "session.model"));
  request.mutable_session()->set_model("homework");
  EXPECT_THAT(ViolatedFields(Create(request).status()), ElementsAre("session_id", "session.model"));
  request.mutable_session()->set_model("models/none");
  EXPECT_THAT(ViolatedFields(Create(request).status()), ElementsAre("session_id"));
}

TEST_F(SessionHandlersTest, AMissingModelIsNotFoundAndTheServersEpochTold) {
  v1::CreateSessionRequest request = CreateOf("a");
  request.mutable_session()->set_model("models/none");
  const absl::Status status = Create(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(GetErrorReason(status), "MODEL_NOT_FOUND");
  EXPECT_EQ(MetadataOf(status, "model"), "models/none");
  EXPECT_EQ(MetadataOf(status, "server_epoch"), fixture_.api().sessions.epoch());
}

TEST_F(SessionHandlersTest, ABidirectionalModelIsRefusedAndNotPinned) {
  v1::CreateSessionRequest request = CreateOf("a");
  const std::string model = AddBidirectionalModel();
  request.mutable_session()->set_model(model);
  const absl::Status status = Create(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorReason(status), "MODEL_BIDIRECTIONAL");
  EXPECT_EQ(MetadataOf(status, "model"), model);
  EXPECT_EQ((*fixture_.api().models.Get({kDefaultTenant, model}))->pin_count(), 0);
}

TEST_F(SessionHandlersTest, DurabilityThatNeedsAStoreIsUnavailable) {
  for (const auto durability : {v1::DURABILITY_PERIODIC, v1::DURABILITY_EVERY_STEP}) {
    v1::CreateSessionRequest request = CreateOf("a");
    request.mutable_session()->set_durability(durability);
    const absl::Status status = Create(request).status();
    EXPECT_EQ(GetErrorReason(status), "DURABILITY_UNAVAILABLE");
    EXPECT_EQ(MetadataOf(status, "durability"), v1::Durability_Name(durability));
  }
}

TEST_F(SessionHandlersTest, ATakenIdIsRefusedAndTheSessionThereUnchanged) {
  ASSERT_TRUE(Create(CreateOf("a")).ok());
  ASSERT_TRUE(StepA({1}).ok());
  const v1::Session before = fixture_.Get("a");
  const absl::Status status = Create(CreateOf("a")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(GetErrorReason(status), "SESSION_EXISTS");
  EXPECT_EQ(fixture_.Get("a").SerializeAsString(), before.SerializeAsString());
}

TEST_F(SessionHandlersTest, ASessionPinsItsModelUntilItEnds) {
  ASSERT_TRUE(Create(CreateOf("a")).ok());
  EXPECT_EQ(GetErrorReason(fixture_.api().models.Remove({kDefaultTenant, model_})), "MODEL_IN_USE");
  ASSERT_TRUE(Delete("sessions/a").ok());
  EXPECT_TRUE(fixture_.api().models.Remove({kDefaultTenant, model_}).ok());
}

TEST_F(SessionHandlersTest, BasicShowsNoStateAndFullDoesInTheEncodingAskedFor) {
  ASSERT_TRUE(Create(CreateOf("a")).ok());
  v1::GetSessionRequest request;
  request.set_name("sessions/a");
  for (const auto view : {v1::SESSION_VIEW_UNSPECIFIED, v1::SESSION_VIEW_BASIC}) {
    request.set_view(view);
    const auto got = fixture_.Ask(GetSession, request);
    EXPECT_FALSE(got->session().has_state());
    EXPECT_EQ(got->session().state_digest().size(), 64);
  }
  request.set_view(v1::SESSION_VIEW_FULL);
  EXPECT_THAT(fixture_.Ask(GetSession, request)->session().state().layers(0).h().values(),
              ElementsAre(0));
  request.set_encoding(v1::ENCODING_RAW);
  EXPECT_EQ(fixture_.Ask(GetSession, request)->session().state().layers(0).h().raw().size(), 4);
}

TEST_F(SessionHandlersTest, LookingDoesNotKeepASessionAlive) {
  ASSERT_TRUE(Create(CreateOf("a")).ok());
  fixture_.clock().Advance(absl::Minutes(59));
  ASSERT_TRUE(GetNamed("sessions/a").ok());
  ASSERT_TRUE(fixture_.Ask(ListSessions, v1::ListSessionsRequest()).ok());
  fixture_.clock().Advance(absl::Minutes(1));
  const absl::Status status = GetNamed("sessions/a").status();
  EXPECT_EQ(GetErrorReason(status), "SESSION_EXPIRED");
  EXPECT_EQ(MetadataOf(status, "expire_time"), "2024-01-01T01:00:00Z");
}

TEST_F(SessionHandlersTest, EveryWrongFieldOfAGetIsReported) {
  v1::GetSessionRequest request;
  request.set_view(static_cast<v1::SessionView>(7));
  request.set_encoding(static_cast<v1::Encoding>(-7));
  EXPECT_THAT(ViolatedFields(fixture_.Ask(GetSession, request).status()),
              ElementsAre("name", "view", "encoding"));
}

TEST_F(SessionHandlersTest, HowASessionEndedIsRemembered) {
  EXPECT_EQ(GetErrorReason(GetNamed("sessions/a").status()), "SESSION_NOT_FOUND");
  ASSERT_TRUE(Create(CreateOf("a")).ok());
  ASSERT_TRUE(Delete("sessions/a").ok());
  EXPECT_EQ(GetErrorReason(GetNamed("sessions/a").status()), "SESSION_DELETED");
  EXPECT_EQ(GetErrorReason(Delete("sessions/a")), "SESSION_DELETED");
  EXPECT_EQ(GetErrorReason(GetNamed("sessions/s-0-00000000000000000000000000000000").status()),
            "SESSION_LOST");
  EXPECT_THAT(ViolatedFields(Delete("a")), ElementsAre("name"));
}

TEST_F(SessionHandlersTest, ListsPageByPageInOrderWithoutStates) {
  for (const char* id : {"c", "a", "e", "b", "d"}) ASSERT_TRUE(Create(CreateOf(id)).ok());
  std::vector<std::string> names;
  v1::ListSessionsRequest request;
  request.set_page_size(2);
  int pages = 0;
  do {
    const auto page = fixture_.Ask(ListSessions, request);
    ASSERT_TRUE(page.ok());
    for (const v1::Session& session : page->sessions()) {
      names.push_back(session.name());
      EXPECT_FALSE(session.has_state());
      EXPECT_EQ(session.state_digest().size(), 64);
    }
    request.set_page_token(page->next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_THAT(names,
              ElementsAre("sessions/a", "sessions/b", "sessions/c", "sessions/d", "sessions/e"));
  EXPECT_EQ(pages, 3);
}

TEST_F(SessionHandlersTest, AWrongPageIsRefused) {
  v1::ListSessionsRequest request;
  request.set_page_size(-1);
  request.set_page_token("sessions/a");
  EXPECT_THAT(ViolatedFields(fixture_.Ask(ListSessions, request).status()),
              ElementsAre("page_size", "page_token"));
}

class FullServerTest : public SessionHandlersTest {
 protected:
  FullServerTest()
      : SessionHandlersTest({.limits = {.max_message_bytes = 500},
                             .sessions = {.max_sessions = 2},
                             .models = {},
                             .scheduler = {.worker_count = 1}}) {}
};

TEST_F(FullServerTest, OneSessionTooManyIsRefusedAndTellsWhenToTryAgain) {
  ASSERT_TRUE(Create(CreateOf("a")).ok());
  ASSERT_TRUE(Create(CreateOf("b")).ok());
  const absl::Status status = Create(CreateOf("c")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorReason(status), "SESSION_LIMIT");
  EXPECT_EQ(MetadataOf(status, "limit"), "2");
  EXPECT_TRUE(GetErrorDetail(status)->retry_delay.has_value());
  EXPECT_EQ((*fixture_.api().models.Get({kDefaultTenant, model_}))->pin_count(), 2);
}

TEST_F(FullServerTest, AListIsCutWhereItsAnswerWouldBeTooLong) {
  ASSERT_TRUE(Create(CreateOf("a")).ok());
  ASSERT_TRUE(Create(CreateOf("b")).ok());
  const auto page = fixture_.Ask(ListSessions, v1::ListSessionsRequest());
  ASSERT_EQ(page->sessions_size(), 1);
  EXPECT_THAT(page->next_page_token(), Not(IsEmpty()));
}

TEST_F(FullServerTest, AStateTooLongForAMessageIsRefusedInViewFullOnly) {
  RandomModelOptions options;
  options.kind = CellKind::kRnn;
  options.layer_count = 40;
  const std::string model = fixture_.AddModel(RandomModel(1, options));
  fixture_.NewSession("wide", model);
  EXPECT_TRUE(GetNamed("sessions/wide").ok());
  v1::GetSessionRequest request;
  request.set_name("sessions/wide");
  request.set_view(v1::SESSION_VIEW_FULL);
  EXPECT_EQ(GetErrorReason(fixture_.Ask(GetSession, request).status()), "ANSWER_SIZE_LIMIT");
}

}  // namespace
}  // namespace cellar
