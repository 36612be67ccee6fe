#include "client/commands/interrupt.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

TEST(InterruptTest, ASignalIsAWishUntilItIsCleared) {
  const Interrupt interrupt;
  EXPECT_FALSE(Interrupt::IsWished());
  std::raise(SIGINT);
  EXPECT_TRUE(Interrupt::IsWished());
  Interrupt::Clear();
  EXPECT_FALSE(Interrupt::IsWished());
  std::raise(SIGINT);
  EXPECT_TRUE(Interrupt::IsWished());
}

TEST(InterruptDeathTest, ASecondSignalEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const Interrupt interrupt;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

TEST(InterruptDeathTest, AfterItsEndASignalEndsTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        { const Interrupt interrupt; }
        std::raise(SIGINT);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace cellar
