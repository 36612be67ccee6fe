#include "server/session/replay_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

namespace cellar {
namespace {

constexpr int64_t kStateBytes = 2 * sizeof(float);

// A request of `step_count` steps of two inputs each: x of step s is (s, s + 0.5).
ReplayEntry Request(int64_t first_step, int64_t step_count) {
  std::vector<float> inputs;
  for (int64_t step = first_step; step < first_step + step_count; ++step) {
    inputs.push_back(static_cast<float>(step));
    inputs.push_back(static_cast<float>(step) + 0.5f);
  }
  const auto h = static_cast<float>(first_step);
  return {.first_step = first_step,
          .step_count = step_count,
          .state_before = SharedNumbers::Of<float>({h, -h}),
          .inputs = SharedNumbers::Of<float>(inputs)};
}

// Steps 10..12, 13, 14..17.
ReplayWindow Filled(int64_t max_requests) {
  ReplayWindow window(max_requests);
  window.Push(Request(10, 3));
  window.Push(Request(13, 1));
  window.Push(Request(14, 4));
  return window;
}

TEST(ReplayWindow, FindsTheRequestThatContainsAStep) {
  const ReplayWindow window = Filled(8);

  for (const auto& [step, first_step] :
       std::vector<std::pair<int64_t, int64_t>>{{10, 10}, {12, 10}, {13, 13}, {14, 14}, {17, 14}}) {
    const ReplayEntry* entry = window.Find(step);
    ASSERT_NE(entry, nullptr) << step;
    EXPECT_EQ(entry->first_step, first_step) << step;
  }
  EXPECT_EQ(window.Find(9), nullptr);
  EXPECT_EQ(window.Find(18), nullptr);
  EXPECT_EQ(ReplayWindow(8).Find(0), nullptr);
}

TEST(ReplayWindow, ForgetsTheOldestRequestWhenFull) {
  ReplayWindow window = Filled(2);

  EXPECT_EQ(window.OldestStep(18), 13);
  EXPECT_EQ(window.Find(12), nullptr);
  window.Push(Request(18, 1));
  EXPECT_EQ(window.OldestStep(19), 14);
}

TEST(ReplayWindow, ACopyOfOneThatForgotGoesOnWhereItIs) {
  ReplayWindow window = Filled(2);
  ReplayWindow copy = std::as_const(window);
  EXPECT_EQ(copy.entry_count(), 2);
  EXPECT_EQ(copy.entry(0).first_step, 13);
  EXPECT_EQ(copy.Push(Request(18, 1)).first_step, 13);
  copy.TruncateAt(18);
  EXPECT_EQ(copy.OldestStep(18), 14);
  EXPECT_EQ(copy.entry_count(), 1);
  copy.Push(Request(18, 2));
  EXPECT_EQ(copy.Push(Request(20, 1)).first_step, 14);
  EXPECT_EQ(copy.SizeBytes(), 2 * kStateBytes + 3 * 2 * static_cast<int64_t>(sizeof(float)));
  EXPECT_EQ(window.OldestStep(18), 13) << "it is as it was";
}

TEST(ReplayWindow, KeepsNothingIfNothingMayBeKept) {
  const ReplayWindow window = Filled(0);

  EXPECT_EQ(window.entry_count(), 0);
  EXPECT_EQ(window.OldestStep(18), 18);
  EXPECT_EQ(window.SizeBytes(), 0);
}

TEST(ReplayWindow, TruncationBetweenRequestsDropsTheLaterOnes) {
  ReplayWindow window = Filled(8);
  window.TruncateAt(14);

  EXPECT_EQ(window.entry_count(), 2);
  EXPECT_EQ(window.Find(14), nullptr);
  EXPECT_NE(window.Find(13), nullptr);
}

TEST(ReplayWindow, TruncationWithinARequestKeepsTheStepsBefore) {
  ReplayWindow window = Filled(8);
  const ReplayWindow before = window;
  window.TruncateAt(16);

  const ReplayEntry& cut = window.entry(2);
  EXPECT_EQ(cut.first_step, 14);
  EXPECT_EQ(cut.step_count, 2);
  EXPECT_EQ(cut.state_before, before.entry(2).state_before);
  EXPECT_EQ(cut.inputs, SharedNumbers::Of<float>({14, 14.5, 15, 15.5}));
  EXPECT_EQ(before.entry(2).inputs.count(), 8) << "copies share inputs; they must not change";
}

TEST(ReplayWindow, TruncationKeepsTheOtherPrecisionToo) {
  ReplayWindow window(8);
  ReplayEntry entry = Request(0, 2);
  entry.inputs = SharedNumbers::Of<double>({1, 2});
  window.Push(entry);
  window.TruncateAt(1);

  EXPECT_EQ(window.entry(0).inputs, SharedNumbers::Of<double>({1}));
}

TEST(ReplayWindow, TruncationAtTheEndKeepsAllAndAtTheBeginningNothing) {
  ReplayWindow window = Filled(8);
  window.TruncateAt(18);
  EXPECT_EQ(window.entry_count(), 3);
  EXPECT_EQ(window.entry(2).step_count, 4);

  window.TruncateAt(10);
  EXPECT_EQ(window.entry_count(), 0);
}

TEST(ReplayWindow, GoesOnAfterATruncation) {
  ReplayWindow window = Filled(8);
  window.TruncateAt(16);
  window.Push(Request(16, 1));

  EXPECT_EQ(window.Find(15)->first_step, 14);
  EXPECT_EQ(window.Find(16)->first_step, 16);
  EXPECT_EQ(window.Find(17), nullptr);
}

TEST(ReplayWindow, CountsStatesAndInputs) {
  const ReplayWindow window = Filled(8);

  EXPECT_EQ(window.SizeBytes(), 3 * kStateBytes + 8 * 2 * int64_t{sizeof(float)});
}

TEST(ReplayWindow, HandsOutWhatHasToGo) {
  ReplayWindow window = Filled(3);
  EXPECT_EQ(window.Push(Request(18, 1)).first_step, 10);
  EXPECT_EQ(Filled(8).Push(Request(18, 1)).inputs, nullptr) << "there is room";
  EXPECT_EQ(ReplayWindow(0).Push(Request(18, 1)).first_step, 18) << "it keeps none";
}

TEST(ReplayWindow, CountsAsFarAsItMay) {
  constexpr int64_t kMost = ReplayWindow::kMostRequests;
  ReplayWindow window(kMost);
  ReplayEntry entry = Request(0, 1);
  for (int64_t step = 0; step < kMost + 3; ++step) {
    entry.first_step = step;
    window.Push(entry);
  }
  EXPECT_EQ(window.entry_count(), kMost);
  EXPECT_EQ(window.OldestStep(kMost + 3), 3);
  EXPECT_EQ(window.Find(kMost + 2)->first_step, kMost + 2);
  window.TruncateAt(5);
  EXPECT_EQ(window.entry_count(), 2);
  EXPECT_EQ(window.OldestStep(5), 3);
}

TEST(ReplayWindow, KnowsItsSizeWhateverHappens) {
  for (const int64_t max_requests : {0, 1, 2, 3, 8}) {
    ReplayWindow window(max_requests);
    int64_t step = 10;
    for (int i = 0; i < 20; ++i) {
      const ReplayEntry entry = Request(step, 1 + i % 4);
      const ReplayWindow::Growth growth = window.GrowthBy(entry);
      const int64_t bytes = window.SizeBytes();
      const int64_t entry_count = window.entry_count();
      step += entry.step_count;
      window.Push(entry);
      EXPECT_EQ(window.SizeBytes(), bytes + growth.bytes);
      EXPECT_EQ(window.entry_count(), entry_count + growth.entry_count);
      if (i % 7 == 6) window.TruncateAt(--step);
      int64_t sum = 0;
      for (int64_t k = 0; k < window.entry_count(); ++k) {
        const ReplayEntry& held = window.entry(k);
        EXPECT_EQ(window.Find(held.first_step), &held);
        EXPECT_EQ(window.Find(held.first_step + held.step_count - 1), &held);
        sum += kStateBytes + 2 * held.step_count * static_cast<int64_t>(sizeof(float));
      }
      EXPECT_EQ(window.SizeBytes(), sum);
    }
    window.Clear();
    EXPECT_EQ(window.SizeBytes(), 0);
  }
}

}  // namespace
}  // namespace cellar
