#include "server/api/call_bytes.h"

#include <utility>

#include "gtest/gtest.h"
#include "server/base/error.h"

namespace cellar {
namespace {

TEST(CallBytes, AreTakenFromWhatAllCallsMayHoldAndGivenBack) {
  TenantTally tally({.of_server = 100});
  {
    CallBytes first(tally, "a");
    EXPECT_TRUE(first.Set(60).ok());
    CallBytes second(tally, "b");
    const absl::Status full = second.Set(41);
    EXPECT_EQ(GetErrorReason(full), "CALL_BYTES_LIMIT");
    EXPECT_EQ(tally.total(), 60);
    EXPECT_TRUE(second.Set(40).ok());
    EXPECT_TRUE(first.Set(10).ok());
    EXPECT_FALSE(first.Set(61).ok());
    EXPECT_EQ(tally.total(), 50);  // it holds what it held
  }
  EXPECT_EQ(tally.total(), 0);
}

TEST(CallBytes, WhatIsThereAnywayIsHeldWithoutRoomAndTold) {
  TenantTally tally({.of_server = 100});
  CallBytes bytes(tally, "a");
  bytes.SetAnyway(100);
  EXPECT_TRUE(bytes.CheckRoom().ok());
  bytes.SetAnyway(101);
  EXPECT_EQ(GetErrorReason(bytes.CheckRoom()), "CALL_BYTES_LIMIT");
  bytes.SetAnyway(50);
  EXPECT_TRUE(bytes.CheckRoom().ok());
  EXPECT_EQ(tally.total(), 50);
}

TEST(CallBytes, MoveWithTheirCall) {
  TenantTally tally({.of_server = 100});
  CallBytes first(tally, "a");
  EXPECT_TRUE(first.Set(60).ok());
  {
    const CallBytes second(std::move(first));
    EXPECT_EQ(tally.total(), 60);
  }
  EXPECT_EQ(tally.total(), 0);
}

}  // namespace
}  // namespace cellar
