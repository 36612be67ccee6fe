#include "server/api/step_handlers.h"

#include <cmath>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/answer_size.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

class StepHandlersTest : public testing::Test {
 protected:
  explicit StepHandlersTest(const ApiFixtureOptions& options = {}) : fixture_(options) {
    v1::Session settings;
    settings.mutable_numerics()->set_rounding(v1::ROUNDING_NEAREST_TIES_TO_ZERO);
    settings.set_replay_window(2);
    fixture_.NewSession("a", fixture_.AddModel(HomeworkModel()), settings);
  }

  absl::StatusOr<v1::StepResponse> Make(const v1::StepRequest& request,
                                        const Call& call = Call(LocalCaller())) {
    return fixture_.Await(Step, request, call);
  }
  absl::StatusOr<v1::StepResponse> MakeA(const std::vector<double>& inputs,
                                         std::optional<int64_t> step_index = std::nullopt) {
    return Make(StepOf("sessions/a", inputs, step_index));
  }

  // Expects a failure for this reason that leaves the session as it was.
  void ExpectRefused(const v1::StepRequest& request, const std::string& reason) {
    const std::string before = fixture_.Get("a").SerializeAsString();
    EXPECT_EQ(GetErrorReason(Make(request).status()), reason) << request.ShortDebugString();
    EXPECT_EQ(fixture_.Get("a").SerializeAsString(), before);
  }
  void ExpectViolations(const v1::StepRequest& request, const std::vector<std::string>& fields) {
    const std::string before = fixture_.Get("a").SerializeAsString();
    EXPECT_EQ(ViolatedFields(Make(request).status()), fields) << request.ShortDebugString();
    EXPECT_EQ(fixture_.Get("a").SerializeAsString(), before);
  }

  ApiFixture fixture_;
};

TEST_F(StepHandlersTest, TheHomeworkComesOut) {
  const auto made = MakeA({0, 0, 1, 1, 1, 0});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->trace().outputs().values(), ElementsAre(0, 0, 1, -1, 1, 0));
  fixture_.NewSession("b", "models/homework", fixture_.Get("a"));
  EXPECT_THAT(
      fixture_.Await(Step, StepOf("sessions/b", {1, 1, 0, 1, 1}))->trace().outputs().values(),
      ElementsAre(1, -1, 0, 1, -1));
}

TEST_F(StepHandlersTest, AnAnswerTellsWhereTheSessionIs) {
  ASSERT_TRUE(MakeA({0, 0}).ok());
  const auto made = MakeA({1, 1, 1});
  EXPECT_EQ(made->first_step(), 2);
  EXPECT_EQ(made->step_count(), 3);
  EXPECT_EQ(made->next_step(), 5);
  EXPECT_EQ(made->durable_step(), 0);
  EXPECT_EQ(made->state_digest(), fixture_.Get("a").state_digest());
  EXPECT_EQ(fixture_.Get("a").next_step(), 5);
}

TEST_F(StepHandlersTest, ViewsShowMoreAndMore) {
  v1::StepRequest request = StepOf("sessions/a", {1, 1});
  const auto unspecified = Make(request);
  EXPECT_THAT(unspecified->trace().layers(), IsEmpty());
  request.set_view(v1::VIEW_STATE);
  const auto state = Make(request);
  ASSERT_EQ(state->trace().layers_size(), 1);
  EXPECT_THAT(state->trace().layers(0).c().shape(), ElementsAre(2, 1));
  EXPECT_FALSE(state->trace().layers(0).has_forget_gate());
  request.set_view(v1::VIEW_TRACE);
  const auto trace = Make(request);
  EXPECT_TRUE(trace->trace().layers(0).has_forget_gate());
  EXPECT_TRUE(trace->trace().layers(0).has_unrounded_h());
}

TEST_F(StepHandlersTest, OnlyTheLastStepIsShownIfAskedFor) {
  v1::StepRequest request = StepOf("sessions/a", {0, 0, 1});
  request.set_density(v1::DENSITY_LAST_STEP);
  const auto made = Make(request);
  EXPECT_THAT(made->trace().outputs().shape(), ElementsAre(1, 1));
  EXPECT_THAT(made->trace().outputs().values(), ElementsAre(1));
  EXPECT_EQ(made->first_step(), 0) << "of the request";
  EXPECT_EQ(made->step_count(), 3) << "of the request";
}

TEST_F(StepHandlersTest, AnAnswerIsEncodedAsTheInputsUnlessAskedOtherwise) {
  v1::StepRequest request;
  request.set_session("sessions/a");
  request.mutable_inputs()->set_raw(std::string("\0\0\x80\x3f", 4));
  const auto raw = Make(request);
  ASSERT_TRUE(raw.ok()) << raw.status();
  EXPECT_EQ(raw->trace().outputs().raw(), std::string("\0\0\x80\x3f", 4));
  request.set_encoding(v1::ENCODING_VALUES);
  EXPECT_EQ(Make(request)->trace().outputs().values_size(), 1);
  request = StepOf("sessions/a", {1});
  EXPECT_EQ(Make(request)->trace().outputs().values_size(), 1);
  request.set_encoding(v1::ENCODING_RAW);
  EXPECT_EQ(Make(request)->trace().outputs().raw().size(), 4);
}

TEST_F(StepHandlersTest, ARetryIsAnsweredBitForBitAndChangesNothing) {
  v1::StepRequest request = StepOf("sessions/a", {0, 1, 1}, 0);
  request.set_view(v1::VIEW_TRACE);
  request.set_encoding(v1::ENCODING_RAW);
  const auto first = Make(request);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string digest = fixture_.Get("a").state_digest();
  EXPECT_EQ(Make(request)->SerializeAsString(), first->SerializeAsString());
  ASSERT_TRUE(MakeA({1}).ok());
  auto again = *Make(request);
  EXPECT_EQ(again.next_step(), 4);
  EXPECT_EQ(again.state_digest(), digest) << "of the state after these steps";
  again.set_next_step(3);
  EXPECT_EQ(again.SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(fixture_.Get("a").next_step(), 4);
}

TEST_F(StepHandlersTest, OtherInputsForStepsAlreadyMadeAreAConflict) {
  ASSERT_TRUE(MakeA({0, 1, 1}).ok());
  ExpectRefused(StepOf("sessions/a", {0, 1, 0}, 0), "STEP_CONFLICT");
  ExpectRefused(StepOf("sessions/a", {0, 1, 1, 1}, 0), "STEP_CONFLICT");
  const absl::Status status = MakeA({0, 1, 0}, 0).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(MetadataOf(status, "next_step"), "3");
  EXPECT_EQ(MetadataOf(status, "session"), "sessions/a");
}

TEST_F(StepHandlersTest, AMissingStepIsAGapAndAForgottenOneTooOld) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(MakeA({1}).ok());
  ExpectRefused(StepOf("sessions/a", {1}, 5), "STEP_GAP");
  ExpectRefused(StepOf("sessions/a", {1}, std::numeric_limits<int64_t>::max()), "STEP_GAP");
  ExpectRefused(StepOf("sessions/a", {1}, 1), "STEP_TOO_OLD");
  EXPECT_EQ(MakeA({1}, 5).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(MetadataOf(MakeA({1}, 5).status(), "server_epoch"), fixture_.api().sessions.epoch());
  EXPECT_EQ(MakeA({1}, 1).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(MakeA({1}, 4).ok());
}

TEST_F(StepHandlersTest, NanAndInfinityAreInputsLikeAnyOther) {
  const auto made = MakeA({kNan, kInfinity, -kInfinity});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(std::isnan(made->trace().outputs().values(0)));
}

TEST_F(StepHandlersTest, EveryNanIsTheSameInput) {
  ASSERT_TRUE(MakeA({kNan}, 0).ok());
  v1::StepRequest request;
  request.set_session("sessions/a");
  request.set_step_index(0);
  request.mutable_inputs()->set_raw("\x01\x02\xff\xff");
  EXPECT_TRUE(Make(request).ok()) << "the same step again, not a conflict";
}

TEST_F(StepHandlersTest, WrongInputsAreRefusedInEveryWay) {
  const auto with = [](const v1::Tensor& inputs) {
    v1::StepRequest request;
    request.set_session("sessions/a");
    *request.mutable_inputs() = inputs;
    return request;
  };
  v1::Tensor both = ValuesOf({1});
  both.set_raw(std::string(4, '\0'));
  v1::Tensor odd_raw;
  odd_raw.set_raw("abc");
  v1::Tensor shape_only;
  shape_only.add_shape(1);
  ExpectViolations(with({}), {"inputs"});
  ExpectViolations(with(both), {"inputs"});
  ExpectViolations(with(odd_raw), {"inputs"});
  ExpectViolations(with(shape_only), {"inputs"});
  ExpectViolations(with(ValuesOf({1e300})), {"inputs"});
  ExpectViolations(with(ValuesOf({1, 2}, {2})), {"inputs.shape"});
  ExpectViolations(with(ValuesOf({1, 2}, {1, 2})), {"inputs.shape"});
  ExpectViolations(with(ValuesOf({1, 2}, {3, 1})), {"inputs.shape"});
  ExpectViolations(with(ValuesOf({1, 2}, {0, 1})), {"inputs.shape"});
  ExpectViolations(with(ValuesOf({1, 2}, {-2, -1})), {"inputs.shape"});
  ExpectViolations(with(ValuesOf({1}, {int64_t{1} << 62, int64_t{1} << 62})), {"inputs.shape"});
}

TEST_F(StepHandlersTest, InputsAreCutIntoRowsOfTheInputSize) {
  RandomModelOptions options;
  options.layer_count = 1;
  options.max_size = 3;
  uint64_t seed = 0;
  while (RandomModel(seed, options)->input_size() != 3) ++seed;
  fixture_.NewSession("wide", fixture_.AddModel(RandomModel(seed, options)));
  EXPECT_EQ(fixture_.Await(Step, StepOf("sessions/wide", {1, 2, 3, 4, 5, 6}))->step_count(), 2);
  EXPECT_THAT(ViolatedFields(fixture_.Await(Step, StepOf("sessions/wide", {1, 2, 3, 4})).status()),
              ElementsAre("inputs"));
}

TEST_F(StepHandlersTest, EveryViolationIsReportedAtOnce) {
  v1::StepRequest request = StepOf("sessions/a", {}, -1);
  request.set_view(static_cast<v1::View>(9));
  request.set_density(static_cast<v1::Density>(9));
  request.set_encoding(static_cast<v1::Encoding>(9));
  ExpectViolations(request, {"view", "density", "encoding", "step_index", "inputs"});
  request.set_session("a");
  ExpectViolations(request, {"session", "view", "density", "encoding", "step_index", "inputs"});
  request.set_session("sessions/none");
  ExpectViolations(request, {"view", "density", "encoding", "step_index", "inputs"});
}

TEST_F(StepHandlersTest, ASessionThatIsNotThereIsToldWhy) {
  EXPECT_EQ(GetErrorReason(Make(StepOf("sessions/none", {1})).status()), "SESSION_NOT_FOUND");
  ASSERT_TRUE(fixture_.api().sessions.Delete({kDefaultTenant, "sessions/a"}).ok());
  const absl::Status status = MakeA({1}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(GetErrorReason(status), "SESSION_DELETED");
}

TEST_F(StepHandlersTest, ACancelledStepIsNotMade) {
  Call call(LocalCaller());
  call.cancelled = [] { return true; };
  EXPECT_EQ(Make(StepOf("sessions/a", {1}), call).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(fixture_.Get("a").next_step(), 0);
}

TEST_F(StepHandlersTest, AStepAfterItsDeadlineIsNotMade) {
  Call call(LocalCaller());
  call.deadline = fixture_.clock().Now() - absl::Seconds(1);
  EXPECT_EQ(GetErrorReason(Make(StepOf("sessions/a", {1}), call).status()), "DEADLINE_PASSED");
  EXPECT_EQ(fixture_.Get("a").next_step(), 0);
}

TEST_F(StepHandlersTest, HoweverStepsAreCutIntoRequestsTheBitsAreTheSame) {
  const std::vector<double> inputs = RandomNumbers<double>(11, 24);
  for (uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    const auto model = RandomModel(seed);
    const std::string name = fixture_.AddModel(model);
    const size_t rows = 24 / static_cast<size_t>(model->input_size());
    std::vector<double> whole_inputs(inputs.begin(), inputs.begin() + rows * model->input_size());
    fixture_.NewSession("whole", name);
    fixture_.NewSession("cut", name);
    v1::StepRequest request = StepOf("sessions/whole", whole_inputs);
    request.set_encoding(v1::ENCODING_RAW);
    const std::string whole = Make(request)->trace().outputs().raw();
    std::string cut;
    for (size_t row = 0; row < rows; ++row) {
      const auto begin = whole_inputs.begin() + row * model->input_size();
      request = StepOf("sessions/cut", {begin, begin + model->input_size()});
      request.set_encoding(v1::ENCODING_RAW);
      cut += Make(request)->trace().outputs().raw();
    }
    EXPECT_EQ(cut, whole);
    EXPECT_EQ(fixture_.Get("cut").state_digest(), fixture_.Get("whole").state_digest());
    ASSERT_TRUE(fixture_.api().sessions.Delete({kDefaultTenant, "sessions/whole"}).ok());
    ASSERT_TRUE(fixture_.api().sessions.Delete({kDefaultTenant, "sessions/cut"}).ok());
  }
}

class LimitedStepTest : public StepHandlersTest {
 protected:
  LimitedStepTest()
      : StepHandlersTest({.limits = {.max_message_bytes = 2000, .max_steps_per_request = 50},
                          .sessions = {},
                          .models = {},
                          .scheduler = {.worker_count = 1, .max_queued_steps_per_session = 10}}) {}
};

TEST_F(LimitedStepTest, TooManyStepsAreRefusedBeforeAnythingIsComputed) {
  ExpectRefused(StepOf("sessions/a", std::vector<double>(51)), "STEP_COUNT_LIMIT");
  EXPECT_TRUE(MakeA(std::vector<double>(50)).ok());
}

TEST_F(LimitedStepTest, AnAnswerTooLongIsRefusedBeforeAnythingIsComputed) {
  v1::StepRequest request = StepOf("sessions/a", std::vector<double>(50));
  request.set_view(v1::VIEW_TRACE);
  ExpectRefused(request, "ANSWER_SIZE_LIMIT");
  request.set_density(v1::DENSITY_LAST_STEP);
  EXPECT_TRUE(Make(request).ok());
  request.clear_density();
  request.set_view(v1::VIEW_OUTPUT);
  EXPECT_TRUE(Make(request).ok());
}

TEST_F(LimitedStepTest, TooManyWaitingStepsAreRefusedAndTellWhenToTryAgain) {
  std::vector<absl::Status> outcomes;
  v1::StepResponse responses[2];
  const v1::StepRequest request = StepOf("sessions/a", std::vector<double>(10));
  {
    TurnBlocker blocker(fixture_.api(), "sessions/a");
    for (auto& response : responses) {
      Step(fixture_.api(), Call(LocalCaller()), request, &response,
           [&](absl::Status status) { outcomes.push_back(std::move(status)); });
    }
  }
  ASSERT_EQ(outcomes.size(), 2);
  EXPECT_EQ(GetErrorReason(outcomes[0]), "STEP_QUEUE_LIMIT");
  EXPECT_TRUE(GetErrorDetail(outcomes[0])->retry_delay.has_value());
  EXPECT_TRUE(outcomes[1].ok());
  EXPECT_EQ(fixture_.Get("a").next_step(), 10);
}

class FullMemoryTest : public StepHandlersTest {
 protected:
  FullMemoryTest()
      : StepHandlersTest({.limits = {},
                          .sessions = {.max_bytes = 5000},
                          .models = {},
                          .scheduler = {.worker_count = 1}}) {}
};

TEST_F(FullMemoryTest, AStepThatCannotBeRememberedIsNotMade) {
  ASSERT_TRUE(MakeA({1}).ok());
  ExpectRefused(StepOf("sessions/a", std::vector<double>(2000)), "SESSION_BYTES_LIMIT");
  EXPECT_TRUE(MakeA({1}).ok());
}

// There is room for two answers to that many steps.
class ScarceRoomTest : public StepHandlersTest {
 protected:
  ScarceRoomTest() : StepHandlersTest({.limits = {.max_call_bytes = 150'000}}) {}

  static constexpr int64_t kManySteps = 10'000;
};

TEST_F(ScarceRoomTest, StepsWhoseLongAnswersHaveNoRoomAreRefusedBeforeTheyWait) {
  const v1::StepRequest request = StepOf("sessions/a", std::vector<double>(kManySteps, 1));
  v1::StepResponse responses[3];
  absl::Status outcomes[3];
  {
    TurnBlocker blocker(fixture_.api(), "sessions/a");
    for (int k = 0; k < 3; ++k) {
      Step(fixture_.api(), Call(LocalCaller()), request, &responses[k],
           [&outcomes, k](absl::Status outcome) { outcomes[k] = std::move(outcome); });
    }
    EXPECT_EQ(GetErrorReason(outcomes[2]), "CALL_BYTES_LIMIT");
    EXPECT_EQ(fixture_.api().scheduler.Look().queued_steps, 2 * kManySteps);
  }
  EXPECT_EQ(outcomes[0], absl::OkStatus());
  EXPECT_EQ(outcomes[1], absl::OkStatus());
  EXPECT_EQ(responses[1].trace().outputs().values_size(), kManySteps);
  EXPECT_EQ(fixture_.Get("a").next_step(), 2 * kManySteps);
  EXPECT_EQ(fixture_.api().call_bytes.total(), 0);
  EXPECT_TRUE(Make(request).ok()) << "there is room again";
}

TEST_F(ScarceRoomTest, StepsThatFailInTheirTurnGiveTheirRoomBack) {
  v1::StepRequest request = StepOf("sessions/a", std::vector<double>(kManySteps, 1), 7);
  for (int k = 0; k < 3; ++k) ExpectRefused(request, "STEP_GAP");
  EXPECT_EQ(fixture_.api().call_bytes.total(), 0);
}

}  // namespace
}  // namespace cellar
