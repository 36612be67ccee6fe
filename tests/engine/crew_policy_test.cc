#include "server/engine/crew_policy.h"

#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(PaysToInvite, OnlyWhereTheWorkIsLongBesideWakingAWorker) {
  EXPECT_FALSE(PaysToInvite(2'097'152));  // a step of an LSTM of 512 units
  EXPECT_TRUE(PaysToInvite(8'388'608));   // of 1024
  EXPECT_TRUE(PaysToInvite(std::numeric_limits<int64_t>::max()));
}

TEST(PaysToShare, OnlyWhereAPhaseIsLongBesideTheWaitAtItsEnd) {
  EXPECT_FALSE(PaysToShare(131'072));
  EXPECT_TRUE(PaysToShare(262'144));
}

TEST(YieldsOfAStall, GrowWithThePartSoThatALargeOneIsNoStall) {
  EXPECT_EQ(YieldsOfAStall(0), 5);
  // A panel of an LSTM of 4096 units for 32 sessions, which takes 300 us: ten yields of 30 us.
  EXPECT_GE(YieldsOfAStall(int64_t{2} * 4 * 32 * 4096 * 32), 2 * 10);
}

TEST(StallPause, IsShortForAStallAndLongerOnlyIfTheNextCrewStallsToo) {
  StallPause pause;
  EXPECT_EQ(pause.Note(/*stalled=*/false), 0);
  for (const int64_t expected : {1, 2, 4, 8, 16, 32, 64, 128, 128}) {
    EXPECT_EQ(pause.Note(/*stalled=*/true), expected);
  }
  EXPECT_EQ(pause.Note(/*stalled=*/false), 0);
  EXPECT_EQ(pause.Note(/*stalled=*/true), 1);
}

TEST(PartBlocks, AreWholePanelsAndManyPartsForEachWorker) {
  EXPECT_EQ(PartBlocks(64, 2, 2), 2);
  EXPECT_EQ(PartBlocks(256, 2, 2), 8);  // 16 parts for each
  EXPECT_EQ(PartBlocks(16, 8, 2), 8);   // no panel is cut
  EXPECT_EQ(PartBlocks(1, 8, 64), 8);
  for (int64_t blocks = 1; blocks < 200; ++blocks) {
    for (int64_t panel : {2, 4, 8}) {
      for (int64_t workers : {1, 2, 7, 64}) {
        const int64_t length = PartBlocks(blocks, panel, workers);
        ASSERT_GT(length, 0);
        ASSERT_EQ(length % panel, 0);
      }
    }
  }
}

}  // namespace
}  // namespace cellar
