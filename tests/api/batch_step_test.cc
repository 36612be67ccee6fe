#include "server/api/batch_step.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/api_errors.h"
#include "server/api/call_bytes.h"
#include "server/api/step_plan.h"
#include "server/base/error.h"
#include "server/identity/caller.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class BatchStepTest : public testing::Test {
 protected:
  explicit BatchStepTest(const ApiFixtureOptions& options = {}) : fixture_(options) {
    model_ = fixture_.AddModel(HomeworkModel());
  }

  // Adds an item to the request of the test.
  void Add(const std::string& session, const std::vector<double>& inputs,
           std::optional<int64_t> step_index = std::nullopt) {
    v1::BatchStepItem& item = *request_.add_items();
    item.set_session(absl::StrCat("sessions/", session));
    *item.mutable_inputs() = ValuesOf(inputs);
    if (step_index.has_value()) item.set_step_index(*step_index);
  }

  // REQUIRES: the call succeeds.
  v1::BatchStepResponse Answer() { return fixture_.Await(&BatchStep, request_).value(); }

  ApiFixture fixture_;
  std::string model_;
  v1::BatchStepRequest request_;
};

TEST_F(BatchStepTest, AnswersEveryItemAsStepWould) {
  for (const char* id : {"a", "b", "twin-a", "twin-b"}) fixture_.NewSession(id, model_);
  Add("a", {0, 0, 1});
  Add("b", {1, 1});
  request_.set_view(v1::VIEW_TRACE);
  const v1::BatchStepResponse response = Answer();

  ASSERT_THAT(response.results(), SizeIs(2));
  v1::StepRequest twin = StepOf("sessions/twin-a", {0, 0, 1});
  twin.set_view(v1::VIEW_TRACE);
  EXPECT_EQ(response.results(0).step().SerializeAsString(),
            fixture_.Await(&Step, twin)->SerializeAsString());
  twin = StepOf("sessions/twin-b", {1, 1});
  twin.set_view(v1::VIEW_TRACE);
  EXPECT_EQ(response.results(1).step().SerializeAsString(),
            fixture_.Await(&Step, twin)->SerializeAsString());
}

TEST_F(BatchStepTest, ItemsOfOneSessionActInTheirOrder) {
  fixture_.NewSession("a", model_);
  for (const double x : {0, 0, 1, 1, 1, 0}) Add("a", {x});
  const v1::BatchStepResponse response = Answer();
  for (int k = 0; k < 6; ++k) EXPECT_EQ(response.results(k).step().first_step(), k);
  EXPECT_EQ(fixture_.Get("a").next_step(), 6);
}

TEST_F(BatchStepTest, AFailedItemLeavesTheOthersAlone) {
  fixture_.NewSession("a", model_);
  fixture_.NewSession("b", model_);
  Add("a", {1}, 5);
  Add("nobody", {1});
  Add("b", {1, 0});
  Add("b", {});
  Add("b", {1}, 0);
  const v1::BatchStepResponse response = Answer();

  EXPECT_EQ(response.results(0).error().reason(), "STEP_GAP");
  EXPECT_EQ(response.results(1).error().reason(), "SESSION_NOT_FOUND");
  EXPECT_EQ(response.results(2).step().next_step(), 2);
  EXPECT_EQ(response.results(3).error().reason(), "BAD_REQUEST");
  EXPECT_EQ(response.results(4).step().first_step(), 0) << "answered again";
  EXPECT_EQ(fixture_.Get("a").next_step(), 0);
  EXPECT_EQ(fixture_.Get("b").next_step(), 2);
}

TEST_F(BatchStepTest, PathsOfViolationsNameTheItem) {
  fixture_.NewSession("a", model_);
  Add("a", {1});
  Add("?", {}, -1);
  const v1::StepError error = Answer().results(1).error();
  EXPECT_EQ(error.code(), 3);
  EXPECT_EQ(error.reason(), "BAD_REQUEST");
  std::vector<std::string> fields;
  for (const auto& violation : error.violations()) fields.push_back(violation.field());
  EXPECT_THAT(fields, ElementsAre("items[1].session", "items[1].step_index", "items[1].inputs"));
}

TEST_F(BatchStepTest, AnErrorSaysNothingOfTheOneThatWasInItsMessageBefore) {
  fixture_.NewSession("a", model_);
  v1::BatchStepResponse response;
  const auto answer = [&] {
    BatchStep(fixture_.api(), Call(LocalCaller()), request_, &response,
              [](const absl::Status& status) { EXPECT_TRUE(status.ok()) << status; });
    request_.Clear();
  };
  Add("a", {}, -1);
  Add("nobody", {1});
  answer();
  EXPECT_THAT(response.results(0).error().violations(), SizeIs(2));
  Add("nobody", {1});
  Add("a", {}, -1);
  answer();
  EXPECT_EQ(response.results(0).error().reason(), "SESSION_NOT_FOUND");
  EXPECT_THAT(response.results(0).error().violations(), IsEmpty());
  EXPECT_EQ(response.results(1).error().reason(), "BAD_REQUEST");
  EXPECT_THAT(response.results(1).error().violations(), SizeIs(2));
  EXPECT_TRUE(response.results(1).error().metadata().empty());
}

TEST_F(BatchStepTest, TheWholeMessageIsRefusedWithEveryViolation) {
  request_.set_view(static_cast<v1::View>(77));
  request_.set_density(static_cast<v1::Density>(77));
  request_.set_encoding(static_cast<v1::Encoding>(77));
  EXPECT_THAT(ViolatedFields(fixture_.Await(&BatchStep, request_).status()),
              ElementsAre("items", "encoding", "view", "density"));
  fixture_.NewSession("a", model_);
  request_.Clear();
  for (int i = 0; i < kMaxBatchItems + 1; ++i) Add("a", {1});
  EXPECT_THAT(ViolatedFields(fixture_.Await(&BatchStep, request_).status()), ElementsAre("items"));
  EXPECT_EQ(fixture_.Get("a").next_step(), 0) << "nothing was applied";
}

TEST_F(BatchStepTest, ALargeBatchOfManySessionsIsAnsweredInOrder) {
  constexpr int kSessions = 300;
  for (int i = 0; i < kSessions; ++i) fixture_.NewSession(absl::StrCat("s", i), model_);
  for (int i = 0; i < 3 * kSessions; ++i) Add(absl::StrCat("s", i % kSessions), {1});
  request_.set_omit_state_digest(true);
  const v1::BatchStepResponse response = Answer();
  ASSERT_THAT(response.results(), SizeIs(3 * kSessions));
  for (int i = 0; i < 3 * kSessions; ++i) {
    EXPECT_EQ(response.results(i).step().first_step(), i / kSessions);
    EXPECT_EQ(response.results(i).step().state_digest(), "");
  }
}

TEST_F(BatchStepTest, ALargeBatchIsWorkedOffByAnotherThreadAndASmallOneByTheCaller) {
  fixture_.NewSession("a", model_);
  for (const int item_count : {32, 33}) {
    request_.Clear();
    for (int i = 0; i < item_count; ++i) Add("a", {1});
    v1::BatchStepResponse response;
    std::thread::id answered_by;
    absl::Notification answered;
    BatchStep(fixture_.api(), Call(LocalCaller()), request_, &response,
              [&](const absl::Status& status) {
                EXPECT_TRUE(status.ok()) << status;
                answered_by = std::this_thread::get_id();
                answered.Notify();
              });
    answered.WaitForNotification();
    EXPECT_EQ(answered_by == std::this_thread::get_id(), item_count == 32);
  }
}

TEST_F(BatchStepTest, ItemsThatMustWaitAreAnsweredWhenTheirTurnHasCome) {
  fixture_.NewSession("a", model_);
  fixture_.NewSession("b", model_);
  Add("a", {1});
  Add("b", {1});
  v1::BatchStepResponse response;
  bool answered = false;
  {
    TurnBlocker blocker(fixture_.api(), "sessions/a");
    BatchStep(fixture_.api(), Call(LocalCaller()), request_, &response,
              [&](const absl::Status& status) {
                EXPECT_TRUE(status.ok());
                answered = true;
              });
    EXPECT_FALSE(answered);
    EXPECT_EQ(fixture_.Get("b").next_step(), 1) << "does not wait for a";
  }
  EXPECT_TRUE(answered);
  EXPECT_EQ(response.results(0).step().next_step(), 1);
}

TEST_F(BatchStepTest, AnAnswerFullOfErrorsStaysShort) {
  for (int i = 0; i < kMaxBatchItems; ++i) Add(absl::StrCat("nobody-", i), {1});
  const v1::BatchStepResponse response = Answer();
  EXPECT_EQ(response.results(0).error().reason(), "SESSION_NOT_FOUND");
  EXPECT_EQ(response.results(0).error().metadata().at("session"), "sessions/nobody-0");
  EXPECT_EQ(response.results(kMaxBatchItems - 1).error().code(), 5);
  EXPECT_EQ(response.results(kMaxBatchItems - 1).error().reason(), "SESSION_NOT_FOUND");
  EXPECT_LT(response.ByteSizeLong(), 4u << 20);
}

class SmallBatchTest : public BatchStepTest {
 protected:
  SmallBatchTest()
      : BatchStepTest({.limits = {.max_message_bytes = 4096, .max_steps_per_request = 9}}) {}
};

TEST_F(SmallBatchTest, ItemsBeyondTheLimitsOfOneRequestAreNotApplied) {
  for (const char* id : {"a", "b", "c"}) fixture_.NewSession(id, model_);
  Add("a", {1, 1, 1, 1, 1});
  Add("b", {1, 1, 1, 1, 1});
  Add("c", {1, 1, 1, 1});
  const v1::BatchStepResponse response = Answer();
  EXPECT_EQ(response.results(0).step().next_step(), 5);
  EXPECT_EQ(response.results(1).error().reason(), "STEP_COUNT_LIMIT");
  EXPECT_EQ(response.results(2).step().next_step(), 4);
  EXPECT_EQ(fixture_.Get("b").next_step(), 0);
}

class DearBatchTest : public BatchStepTest {
 protected:
  DearBatchTest() : BatchStepTest({.limits = {.max_request_multiply_adds = 7 * kStepCost}}) {}

  static inline const int64_t kStepCost = StepCost(*HomeworkModel());
};

TEST_F(DearBatchTest, AnItemThatIsTooDearIsToldOfTheMultiplyAdds) {
  for (const char* id : {"a", "b", "c"}) fixture_.NewSession(id, model_);
  Add("a", {1, 1, 1, 1});
  Add("b", {1, 1, 1, 1});
  Add("c", {1, 1, 1});
  const v1::BatchStepResponse response = Answer();
  EXPECT_EQ(response.results(0).step().next_step(), 4);
  EXPECT_EQ(response.results(1).error().message(), StepCostLimit(8, 7, 7 * kStepCost).message());
  EXPECT_EQ(response.results(2).step().next_step(), 3);
  EXPECT_EQ(fixture_.Get("b").next_step(), 0);
}

TEST_F(SmallBatchTest, ItemsWithoutRoomInTheAnswerAreNotApplied) {
  fixture_.NewSession("a", model_);
  for (int i = 0; i < 9; ++i) Add("a", {1}, i);
  request_.set_view(v1::VIEW_TRACE);
  const v1::BatchStepResponse response = Answer();
  EXPECT_LE(response.ByteSizeLong(), 4096u);
  EXPECT_EQ(response.results(0).step().next_step(), 1);
  EXPECT_EQ(response.results(8).error().code(), 8) << "RESOURCE_EXHAUSTED";
  int made = 0;
  for (const auto& result : response.results()) made += result.has_step();
  EXPECT_EQ(fixture_.Get("a").next_step(), made);
}

// There is room for one answer to that many steps.
class BatchInScarceRoomTest : public BatchStepTest {
 protected:
  BatchInScarceRoomTest() : BatchStepTest({.limits = {.max_call_bytes = 100'000}}) {
    for (const char* id : {"a", "b", "c"}) fixture_.NewSession(id, model_);
    Add("a", std::vector<double>(kManySteps, 1));
    Add("b", std::vector<double>(kManySteps, 1));
    Add("c", {1});
  }

  static constexpr int64_t kManySteps = 10'000;
};

TEST_F(BatchInScarceRoomTest, ItemsWhoseAnswersHaveNoRoomAreNotApplied) {
  const v1::BatchStepResponse response = Answer();
  EXPECT_EQ(response.results(0).step().next_step(), kManySteps);
  EXPECT_EQ(response.results(1).error().reason(), "CALL_BYTES_LIMIT");
  EXPECT_EQ(response.results(2).step().next_step(), 1) << "that one there is";
  EXPECT_EQ(fixture_.Get("b").next_step(), 0);
}

TEST_F(BatchInScarceRoomTest, RoomIsHeldWhileItemsWaitAndGivenBackBeforeTheAnswerIsToldOf) {
  v1::BatchStepResponse response;
  int64_t held_when_done = -1;
  {
    TurnBlocker blocker(fixture_.api(), "sessions/a");
    BatchStep(fixture_.api(), Call(LocalCaller()), request_, &response,
              [&](const absl::Status& status) {
                EXPECT_TRUE(status.ok());
                held_when_done = fixture_.api().call_bytes.total();
              });
    EXPECT_GT(fixture_.api().call_bytes.total(), 8 * kManySteps - kLeastCallBytes);
    EXPECT_EQ(held_when_done, -1);
  }
  EXPECT_EQ(held_when_done, 0);
}

// While the only worker is kept.
class WaitingBatchTest : public BatchStepTest {
 protected:
  WaitingBatchTest() : BatchStepTest({.scheduler = {.worker_count = 1, .max_queued_steps = 100}}) {
    fixture_.NewSession("a", model_);
  }

  // A call of so many items that goes on.
  void Begin(int item_count, v1::BatchStepResponse& response, absl::Status& outcome) {
    while (request_.items_size() < item_count) Add("a", {1});
    BatchStep(fixture_.api(), Call(LocalCaller()), request_, &response,
              [&outcome](absl::Status status) { outcome = std::move(status); });
  }

  absl::Status first_ = absl::UnknownError("not told"), second_ = first_;
  v1::BatchStepResponse first_response_, second_response_;
  TurnBlocker blocker_{fixture_.api(), "nobody"};
};

TEST_F(WaitingBatchTest, EachItemCountsAgainstTheLimitsOfTheQueue) {
  Begin(60, first_response_, first_);
  EXPECT_EQ(fixture_.api().scheduler.Look().queued_steps, 60);
  Begin(60, second_response_, second_);
  EXPECT_EQ(GetErrorReason(second_), "STEP_QUEUE_LIMIT");
  EXPECT_EQ(MetadataOf(second_, "used"), "60");
  blocker_.Open();
  EXPECT_TRUE(first_.ok()) << first_;
  EXPECT_EQ(first_response_.results(59).step().next_step(), 60);
}

TEST_F(WaitingBatchTest, MoreItemsThanMayWaitDoIfNothingElseWaits) {
  Begin(150, first_response_, first_);
  Begin(150, second_response_, second_);
  EXPECT_EQ(GetErrorReason(second_), "STEP_QUEUE_LIMIT");
  blocker_.Open();
  EXPECT_TRUE(first_.ok()) << first_;
}

TEST_F(BatchStepTest, OfManyModelsTheFirstAreMadeBeforeTheLastAreTaken) {
  constexpr int kModels = 200;
  constexpr size_t kRows = 100;  // of inputs: an answer of several hundred bytes
  for (int k = 0; k < kModels; ++k) {
    const std::string id = absl::StrCat("s", k);
    const auto model = RandomModel(static_cast<uint64_t>(k), {.layer_count = 1});
    const size_t count = kRows * static_cast<size_t>(model->input_size());
    fixture_.NewSession(id, fixture_.AddModel(model));
    Add(id, std::vector<double>(count, 1));
  }
  // What is taken holds room for its answer; whether it is wanted is asked when it is made.
  int64_t held_when_first_made = -1;
  int64_t held_when_last_made = -1;
  Call call(LocalCaller());
  call.cancelled = [&] {
    held_when_last_made = fixture_.api().call_bytes.total();
    if (held_when_first_made < 0) held_when_first_made = held_when_last_made;
    return false;
  };
  const auto response = fixture_.Await(&BatchStep, request_, call);
  ASSERT_TRUE(response.ok());
  for (const v1::BatchStepResult& result : response->results()) {
    EXPECT_EQ(result.step().next_step(), kRows);
  }
  EXPECT_LT(held_when_first_made, held_when_last_made / 2);
}

}  // namespace
}  // namespace cellar
