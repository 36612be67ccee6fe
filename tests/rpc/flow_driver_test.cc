#include "server/rpc/flow_driver.h"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace cellar {
namespace {

// Something to do for each thing that was noted, and the end after a last one.
class CountingFlow {
 public:
  enum class Do { kNothing, kOne, kFinish };
  struct Action {
    Do what = Do::kNothing;
  };

  Action Next() {
    if (finished_) return {};
    if (due_ > 0) {
      --due_;
      return {Do::kOne};
    }
    if (!ended_) return {};
    finished_ = true;
    return {Do::kFinish};
  }

  void Note() { ++due_; }
  void End() { ended_ = true; }

 private:
  int due_ = 0;
  bool ended_ = false;
  bool finished_ = false;
};

TEST(FlowDriver, OneThreadAtATimeCarriesOutWhatAllHaveNoted) {
  FlowDriver<CountingFlow> driver;
  std::atomic<int> at_it{0};
  int done = 0;  // only of whoever is at it
  const auto act = [&](const CountingFlow::Action&) {
    EXPECT_EQ(at_it.fetch_add(1), 0);
    ++done;
    at_it.fetch_sub(1);
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 5000; ++j) driver.Happened([](CountingFlow& flow) { flow.Note(); }, act);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(done, 20'000);
}

TEST(FlowDriver, WhatAnActionNotesIsDoneBehindItNotInIt) {
  FlowDriver<CountingFlow> driver;
  int depth = 0;
  int done = 0;
  std::function<void(const CountingFlow::Action&)> act = [&](const CountingFlow::Action&) {
    EXPECT_EQ(++depth, 1);
    if (++done < 100'000) driver.Happened([](CountingFlow& flow) { flow.Note(); }, act);
    --depth;
  };
  driver.Happened([](CountingFlow& flow) { flow.Note(); }, act);
  EXPECT_EQ(done, 100'000);
}

TEST(FlowDriver, NothingIsDoneBehindTheEndThoughTheDriverIsGone) {
  auto driver = std::make_unique<FlowDriver<CountingFlow>>();
  int done = 0;
  const auto act = [&](const CountingFlow::Action& action) {
    ++done;
    if (action.what != CountingFlow::Do::kFinish) return;
    driver->Happened([](CountingFlow& flow) { flow.Note(); },
                     [&](const CountingFlow::Action&) { ADD_FAILURE(); });
    driver = nullptr;
  };
  driver->Happened(
      [](CountingFlow& flow) {
        flow.Note();
        flow.End();
      },
      act);
  EXPECT_EQ(done, 2);
}

}  // namespace
}  // namespace cellar
