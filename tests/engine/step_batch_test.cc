#include "server/engine/step_batch.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/batch_policy.h"
#include "server/engine/crew_policy.h"
#include "tests/testing/joint_run.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/trace_bits.h"

namespace cellar {
namespace {

using testing::ElementsAre;

// Gives turns to those that wait, as the policy lets them in, and writes down what happens.
class QueueSource final : public BatchSource {
 public:
  const std::atomic<int64_t>& newcomers() const override { return newcomers_; }

  bool IsOpen(int64_t present, bool founders_present) override {
    return NewcomersToTake({1, present, founders_present, others_wait, 0}) > 0;
  }

  void Invite(std::shared_ptr<StepCrew>& crew) override {
    if (crew == nullptr) crew = std::make_shared<StepCrew>(2);
    journal.push_back("invite");
  }

  void Dismiss(const std::shared_ptr<StepCrew>&) override { journal.push_back("dismiss"); }

  std::vector<BatchTurn> Exchange(std::vector<BatchTurn> over, int64_t present,
                                  bool founders_present) override {
    for (const BatchTurn& turn : over) {
      EXPECT_EQ(turn.steps, nullptr);
      journal.push_back("end " + NameOf(turn));
    }
    if (before_exchange) before_exchange();
    const auto count = static_cast<int64_t>(waiting_.size());
    std::vector<BatchTurn> joining;
    const int64_t taken = NewcomersToTake({count, present, founders_present, others_wait, 0});
    for (int64_t k = 0; k < taken; ++k) {
      journal.push_back("begin " + NameOf(waiting_.front()));
      joining.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
      newcomers_.fetch_sub(1);
    }
    return joining;
  }

  void Add(BatchTurn turn) {
    waiting_.push_back(std::move(turn));
    newcomers_.fetch_add(1);
  }

  static std::string NameOf(const BatchTurn& turn) {
    return *std::static_pointer_cast<std::string>(turn.line);
  }

  std::function<void()> before_exchange;
  bool others_wait = false;
  std::vector<std::string> journal;

 private:
  std::deque<BatchTurn> waiting_;
  std::atomic<int64_t> newcomers_{0};
};

class StepBatchTest : public testing::Test {
 protected:
  std::unique_ptr<JointRun<float>> Run(const std::string& name, int64_t step_count) {
    const auto inputs = RandomNumbers<float>(step_count, step_count * model_->input_size());
    return std::make_unique<JointRun<float>>(
        model_, Numerics{}, inputs, TraceOptions{}, [this, name, inputs](auto outcome) {
          source_.journal.push_back((outcome.status.ok() ? "done " : "gave up ") + name);
          if (!outcome.status.ok()) return;
          auto state = std::get<StackState<float>>(ZeroStackState(*model_, Precision::kFloat32));
          const auto alone = RunSteps<float>(*model_, {}, inputs, {}, state);
          EXPECT_EQ(TraceDifference(outcome.trace, alone), "");
          EXPECT_EQ(outcome.state, state);
        });
  }

  BatchTurn TurnOf(const std::string& name, std::unique_ptr<JointSteps> steps) {
    return {std::move(steps), std::make_shared<std::string>(name)};
  }
  BatchTurn Turn(const std::string& name, int64_t step_count) {
    return TurnOf(name, Run(name, step_count));
  }

  // How often so many sessions stepped together.
  int64_t StepsOf(int64_t rows) const {
    const Histogram::View view = rows_.Look();
    for (size_t k = 0; k < rows_.bounds().size(); ++k) {
      if (rows_.bounds()[k] >= static_cast<double>(rows)) return view.counts[k];
    }
    return 0;
  }

  template <class... Turns>
  void RunWith(Turns... turns) {
    std::vector<BatchTurn> founders;
    (founders.push_back(std::move(turns)), ...);
    RunBatch(std::move(founders), source_, rows_);
  }

  const std::shared_ptr<const Model> model_ = RandomModel(7, {.kind = {}, .layer_count = 2});
  QueueSource source_;
  Histogram rows_{CountBounds(32)};
};

TEST_F(StepBatchTest, EachLeavesAsSoonAsItsOwnStepsAreMade) {
  RunWith(Turn("a", 3), Turn("b", 1), Turn("c", 2));
  EXPECT_THAT(source_.journal,
              ElementsAre("done b", "end b", "done c", "end c", "done a", "end a"));
  EXPECT_EQ(StepsOf(4), 1);  // three of them
  EXPECT_EQ(StepsOf(2), 1);
  EXPECT_EQ(StepsOf(1), 1);
}

TEST_F(StepBatchTest, LetsOthersInBetweenTwoSteps) {
  source_.before_exchange = [this, added = false]() mutable {
    if (!std::exchange(added, true)) source_.Add(Turn("late", 2));
  };
  RunWith(Turn("long", 9), Turn("short", 1));
  EXPECT_THAT(source_.journal, ElementsAre("done short", "end short", "begin late", "done late",
                                           "end late", "done long", "end long"));
  EXPECT_EQ(StepsOf(2), 1 + 2);
}

TEST_F(StepBatchTest, DoesNotFinishALongPieceWhileSomebodyWaitsToJoin) {
  source_.Add(Turn("waits", 1));  // the policy lets it in at the first exchange
  RunWith(Turn("long", 50));
  EXPECT_THAT(source_.journal,
              ElementsAre("begin waits", "done waits", "end waits", "done long", "end long"));
  EXPECT_EQ(StepsOf(2), 1);
}

TEST_F(StepBatchTest, GoesOnWithThoseThatJoinWhenAllOthersAreGone) {
  source_.Add(Turn("second", 1));
  RunWith(Turn("first", 1));
  EXPECT_THAT(source_.journal,
              ElementsAre("done first", "end first", "begin second", "done second", "end second"));
}

TEST_F(StepBatchTest, EndsWhenItsFoundersAreGoneAndOthersWait) {
  source_.others_wait = true;
  source_.Add(Turn("second", 1));
  RunWith(Turn("first", 1));
  EXPECT_THAT(source_.journal, ElementsAre("done first", "end first"));
}

TEST_F(StepBatchTest, AsksForHelpWithWhatIsLargeAndSendsItBackBeforeItAnswers) {
  const auto large = RandomModel(
      8, {.kind = CellKind::kLstm, .layer_count = 1, .max_size = 900, .variants = false});
  const int64_t cost = large->multiply_adds_per_step();
  const int64_t steps = 4'000'000 / cost + 1;
  for (const int64_t count : {steps, int64_t{1}}) {
    source_.journal.clear();
    RunWith(TurnOf("a", std::make_unique<JointRun<float>>(
                            large, Numerics{}, RandomNumbers<float>(1, count * large->input_size()),
                            TraceOptions{}, [this](auto) { source_.journal.push_back("done"); })));
    if (PaysToInvite(count * cost)) {
      EXPECT_THAT(source_.journal, ElementsAre("invite", "dismiss", "done", "end a"));
    } else {
      EXPECT_THAT(source_.journal, ElementsAre("done", "end a"));
    }
  }
}

TEST_F(StepBatchTest, DropsWhatNobodyWantsAnyMoreBetweenTwoSteps) {
  int asked = 0;
  auto dropped = Run("dropped", 100);
  dropped->WantedIf([&] { return ++asked > 2 ? absl::CancelledError() : absl::OkStatus(); });
  RunWith(TurnOf("dropped", std::move(dropped)), Turn("a", 1), Turn("b", 5));
  EXPECT_EQ(asked, 3);
  EXPECT_THAT(source_.journal,
              ElementsAre("done a", "end a", "gave up dropped", "done b", "end dropped", "end b"));
}

TEST_F(StepBatchTest, DoesNotBeginWhatNobodyWantsAnyMore) {
  auto dropped = Run("dropped", 1);
  dropped->WantedIf([] { return absl::CancelledError(); });
  RunWith(TurnOf("dropped", std::move(dropped)));
  EXPECT_THAT(source_.journal, ElementsAre("gave up dropped", "end dropped"));
  EXPECT_EQ(rows_.Look().sum, 0);
}

TEST_F(StepBatchTest, WhatIsNotBegunDoesNotWaitForTheStepsOfOthers) {
  auto dropped = Run("dropped", 1);
  dropped->WantedIf([] { return absl::CancelledError(); });
  RunWith(Turn("a", 1), TurnOf("dropped", std::move(dropped)));
  EXPECT_THAT(source_.journal, ElementsAre("gave up dropped", "end dropped", "done a", "end a"));
}

}  // namespace
}  // namespace cellar
