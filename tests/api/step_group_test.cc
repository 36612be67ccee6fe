#include "server/api/step_group.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/step_turn.h"
#include "server/engine/batch_policy.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class StepGroupTest : public testing::Test {
 protected:
  StepGroupTest() : model_(fixture_.AddModel(HomeworkModel())) {
    for (const char* id : {"a", "b", "c"}) fixture_.NewSession(id, model_);
  }

  PreparedStep Prepare(const std::string& id, const std::vector<double>& inputs,
                       std::optional<int64_t> step_index = std::nullopt) {
    requests_.push_back(StepOf("sessions/" + id, inputs, step_index));
    const StepWish wish{requests_.back().inputs(), step_index, {}, v1::ENCODING_VALUES, {}};
    return *PrepareSteps(fixture_.api(), call_, requests_.back().session(), wish);
  }

  // Adds steps as the next item.
  void Add(StepGroup& group, PreparedStep step) {
    const int item = static_cast<int>(responses_.size());
    group.Add(item, std::move(step), &responses_.emplace_back());
  }

  StepGroup GroupOf(const PreparedStep& step) {
    const SessionConfig& config = step.hold.session()->config();
    return StepGroup(fixture_.api(), call_, {&*config.model, config.numerics});
  }

  void Make(StepGroup& group) {
    group.Make(
        [this](int item, const absl::Status& outcome) {
          finished_.push_back(absl::StrCat(item, " ", GetErrorReason(outcome)));
        },
        [this](int item, PreparedStep, v1::StepResponse* response) {
          EXPECT_EQ(response, &responses_[static_cast<size_t>(item)]);
          waiting_.push_back(item);
        });
  }

  ApiFixture fixture_;
  const std::string model_;
  const Call call_{LocalCaller()};
  std::deque<v1::StepRequest> requests_;
  std::deque<v1::StepResponse> responses_;
  std::vector<std::string> finished_;
  std::vector<int> waiting_;
};

TEST_F(StepGroupTest, MakesStepsOfSeveralSessionsTogether) {
  PreparedStep first = Prepare("a", {1, 0});
  StepGroup group = GroupOf(first);
  Add(group, std::move(first));
  Add(group, Prepare("b", {1}));
  Add(group, Prepare("c", {0, 1, 1}));
  Make(group);
  EXPECT_THAT(finished_, ElementsAre("0 ", "1 ", "2 "));
  EXPECT_THAT(waiting_, IsEmpty());
  EXPECT_EQ(responses_[0].next_step(), 2);
  EXPECT_EQ(responses_[1].next_step(), 1);
  EXPECT_EQ(responses_[2].next_step(), 3);
  const Histogram& rows = fixture_.api().scheduler.batch_rows();
  EXPECT_EQ(rows.Look().counts[2], 1) << "the first step, of three";
}

TEST_F(StepGroupTest, HasRoomForOneOfEachSessionAndForABatch) {
  PreparedStep step = Prepare("a", {1});
  const std::shared_ptr<Session> session = step.hold.session();
  StepGroup group = GroupOf(step);
  EXPECT_TRUE(group.HasRoomFor(*session));
  Add(group, std::move(step));
  EXPECT_FALSE(group.HasRoomFor(*session));
  for (int64_t k = 1; k < kMostBatchRows; ++k) {
    fixture_.NewSession(absl::StrCat("s", k), model_);
    PreparedStep more = Prepare(absl::StrCat("s", k), {1});
    ASSERT_TRUE(group.HasRoomFor(*more.hold.session()));
    Add(group, std::move(more));
  }
  PreparedStep last = Prepare("b", {1});
  EXPECT_FALSE(group.HasRoomFor(*last.hold.session()));
  Make(group);
  EXPECT_EQ(static_cast<int64_t>(finished_.size()), kMostBatchRows);
  EXPECT_TRUE(group.HasRoomFor(*last.hold.session()));
  EXPECT_TRUE(group.HasRoomFor(*session));
}

TEST_F(StepGroupTest, AFailureIsOneSessionsOwn) {
  PreparedStep first = Prepare("a", {1}, 5);
  StepGroup group = GroupOf(first);
  Add(group, std::move(first));
  Add(group, Prepare("b", {1}));
  Make(group);
  EXPECT_THAT(finished_, ElementsAre("0 STEP_GAP", "1 "));
  EXPECT_EQ(fixture_.Get("a").next_step(), 0);
  EXPECT_EQ(fixture_.Get("b").next_step(), 1);
}

TEST_F(StepGroupTest, HandsBackWhatMustWait) {
  PreparedStep first = Prepare("a", {1});
  StepGroup group = GroupOf(first);
  Add(group, std::move(first));
  Add(group, Prepare("b", {1}));
  {
    TurnBlocker blocker(fixture_.api(), "sessions/a");
    Make(group);
  }
  EXPECT_THAT(finished_, ElementsAre("1 "));
  EXPECT_THAT(waiting_, ElementsAre(0));
}

}  // namespace
}  // namespace cellar
