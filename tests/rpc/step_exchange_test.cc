#include "server/rpc/step_exchange.h"

#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace cellar {
namespace {

// One that has been used.
std::unique_ptr<StepExchange> Used(int64_t bytes = 100) {
  std::unique_ptr<StepExchange> exchange = TakeExchange();
  exchange->request.mutable_step()->mutable_inputs()->set_raw(std::string(bytes, 'x'));
  exchange->response.mutable_step()->set_next_step(7);
  exchange->is_long = true;
  exchange->keep_alive = std::make_shared<int>(1);
  exchange->answered = true;
  exchange->status = absl::CancelledError("gone");
  exchange->most_bytes = bytes;
  return exchange;
}

TEST(StepExchange, IsTakenAgainByTheNextMessageAndIsEmpty) {
  std::unique_ptr<StepExchange> exchange = Used();
  StepExchange* const same = exchange.get();
  GiveBackExchange(std::move(exchange));
  exchange = TakeExchange();
  EXPECT_EQ(exchange.get(), same);
  EXPECT_EQ(exchange->request.ByteSizeLong(), 0u);
  EXPECT_EQ(exchange->response.ByteSizeLong(), 0u);
  EXPECT_EQ(exchange->keep_alive, nullptr);
  EXPECT_FALSE(exchange->is_long);
  EXPECT_FALSE(exchange->answered);
  EXPECT_TRUE(exchange->status.ok());
}

TEST(StepExchange, ALargeOneIsNotKept) {
  std::unique_ptr<StepExchange> exchange = Used(100'000);
  const std::weak_ptr<void> kept = exchange->keep_alive;
  GiveBackExchange(std::move(exchange));
  EXPECT_TRUE(kept.expired());
  EXPECT_EQ(TakeExchange()->request.SpaceUsedLong(), v1::StreamStepsRequest().SpaceUsedLong());
}

TEST(StepExchange, WhatOneThreadHasTooManyOfAnotherTakes) {
  std::set<const StepExchange*> given_back;
  std::thread([&given_back] {
    std::vector<std::unique_ptr<StepExchange>> many;
    for (int i = 0; i < 17; ++i) many.push_back(std::make_unique<StepExchange>());
    for (auto& exchange : many) {
      given_back.insert(exchange.get());
      GiveBackExchange(std::move(exchange));
    }
  }).join();
  std::thread([&given_back] { EXPECT_TRUE(given_back.contains(TakeExchange().get())); }).join();
}

TEST(StepExchange, NotAllAreKept) {
  constexpr int64_t kMarked = 12345;
  std::vector<std::unique_ptr<StepExchange>> many(1000);
  for (auto& exchange : many) {
    exchange = std::make_unique<StepExchange>();
    exchange->most_bytes = kMarked;
  }
  for (auto& exchange : many) GiveBackExchange(std::move(exchange));
  int kept_count = 0;
  for (auto& exchange : many) {
    exchange = TakeExchange();
    if (exchange->most_bytes == kMarked) ++kept_count;
  }
  EXPECT_GE(kept_count, 16);
  EXPECT_LE(kept_count, 80);
}

}  // namespace
}  // namespace cellar
