#include "server/base/processors.h"

#include <gtest/gtest.h>
#include <sched.h>

namespace cellar {
namespace {

// What the calling thread may run on.
cpu_set_t Allowed() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  EXPECT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  return allowed;
}

void Allow(const cpu_set_t& allowed) {
  EXPECT_EQ(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
}

class ProcessorsTest : public testing::Test {
 protected:
  ~ProcessorsTest() override { Allow(before_); }

  const cpu_set_t before_ = Allowed();
};

TEST_F(ProcessorsTest, AThreadLeavesAProcessorAndMayComeBack) {
  if (CPU_COUNT(&before_) < 2) GTEST_SKIP() << "there is only one";
  // The system may have brought it back before it was looked at, but not each time.
  bool left = false;
  for (int k = 0; k < 100 && !left; ++k) {
    const int here = ThisProcessor();
    EXPECT_TRUE(LeaveProcessor(here));
    left = ThisProcessor() != here;
  }
  EXPECT_TRUE(left);
  const cpu_set_t after = Allowed();
  EXPECT_TRUE(CPU_EQUAL(&before_, &after));
}

TEST_F(ProcessorsTest, AThreadStaysWhereItMustRun) {
  const int here = ThisProcessor();
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(here, &only);
  Allow(only);
  EXPECT_FALSE(LeaveProcessor(here));
  EXPECT_EQ(ThisProcessor(), here);
  const cpu_set_t after = Allowed();
  EXPECT_TRUE(CPU_EQUAL(&only, &after));
}

TEST_F(ProcessorsTest, WhereNobodyCanTellWhereThereIsNothingToLeave) {
  EXPECT_FALSE(LeaveProcessor(-1));
  EXPECT_FALSE(LeaveProcessor(1'000'000));
}

}  // namespace
}  // namespace cellar
