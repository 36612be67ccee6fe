#include "server/api/answer_room.h"

#include <utility>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "tests/testing/api_fixture.h"

namespace cellar {
namespace {

constexpr int64_t kRoomForAll = 1'000'000;
constexpr int64_t kLongAnswer = 600'000;

class AnswerRoomTest : public testing::Test {
 protected:
  int64_t held() { return fixture_.api().call_bytes.total(); }

  ApiFixture fixture_{{.limits = {.max_call_bytes = kRoomForAll}}};
  const Call call_{LocalCaller()};
  absl::Status outcome_ = absl::UnknownError("not called");
  int64_t held_when_done_ = -1;
  Done done_ = [this](absl::Status status) {
    outcome_ = std::move(status);
    held_when_done_ = held();
  };
};

TEST_F(AnswerRoomTest, OfALongAnswerIsHeldUntilRightBeforeItIsToldOf) {
  ASSERT_TRUE(TakeRoom(fixture_.api(), call_, kLongAnswer, done_).ok());
  EXPECT_EQ(held(), kLongAnswer - kLeastCallBytes) << "a call holds the rest anyway";
  done_(absl::AbortedError("as it was"));
  EXPECT_EQ(outcome_.message(), "as it was");
  EXPECT_EQ(held_when_done_, 0);
}

TEST_F(AnswerRoomTest, OfAnAnswerThatNobodyIsToldOfIsGivenBack) {
  {
    Done dropped = std::move(done_);
    ASSERT_TRUE(TakeRoom(fixture_.api(), call_, kLongAnswer, dropped).ok());
    EXPECT_GT(held(), 0);
  }
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(held_when_done_, -1);
}

TEST_F(AnswerRoomTest, WhoFindsNoneMayTellSo) {
  Done first = [](const absl::Status&) {};
  ASSERT_TRUE(TakeRoom(fixture_.api(), call_, kLongAnswer, first).ok());
  const absl::Status full = TakeRoom(fixture_.api(), call_, kLongAnswer, done_);
  EXPECT_EQ(GetErrorReason(full), "CALL_BYTES_LIMIT");
  EXPECT_EQ(held(), kLongAnswer - kLeastCallBytes) << "of the first";
  done_(full);
  EXPECT_EQ(outcome_, full);
  first(absl::OkStatus());
  EXPECT_EQ(held(), 0);
}

TEST_F(AnswerRoomTest, OfAShortAnswerThereAlwaysIs) {
  CallBytes others(fixture_.api().call_bytes, "others");
  ASSERT_TRUE(others.Set(kRoomForAll).ok());
  EXPECT_TRUE(TakeRoom(fixture_.api(), call_, kLeastCallBytes, done_).ok());
  AnswerRoom parts(fixture_.api(), call_);
  EXPECT_TRUE(parts.GrowTo(kLeastCallBytes).ok());
  EXPECT_EQ(held(), kRoomForAll);
}

TEST_F(AnswerRoomTest, OfManyPartsGrowsWithThemAndIsGivenBackAtOnce) {
  {
    AnswerRoom room(fixture_.api(), call_);
    int64_t growths = 0;
    int64_t before = held();
    for (int64_t bytes = 0; bytes <= kLongAnswer; bytes += 100) {
      ASSERT_TRUE(room.GrowTo(bytes).ok());
      EXPECT_GE(held() + kLeastCallBytes, bytes);
      growths += held() != std::exchange(before, held()) ? 1 : 0;
    }
    EXPECT_LE(growths, 10);
    EXPECT_LT(held(), kLongAnswer + kLongAnswer / 8);
    EXPECT_EQ(GetErrorReason(room.GrowTo(2 * kRoomForAll)), "CALL_BYTES_LIMIT");
    EXPECT_EQ(held(), before) << "what it held";
    room.GiveBack();
    EXPECT_EQ(held(), 0);
    ASSERT_TRUE(AnswerRoom(fixture_.api(), call_).GrowTo(kLongAnswer).ok());
  }
  EXPECT_EQ(held(), 0);
}

}  // namespace
}  // namespace cellar
