#include "server/rpc/admission.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "server/base/error.h"

namespace cellar {
namespace {

class CountingListener : public DrainListener {
 public:
  void EndForDrain() override { ++told; }
  int told = 0;
};

TEST(Admission, LetsInUntilDrainingBegins) {
  Admission admission;
  EXPECT_TRUE(admission.Enter().ok());
  admission.StartDraining();
  EXPECT_EQ(GetErrorReason(admission.Enter()), "DRAINING");
  admission.Leave();
}

TEST(Admission, IsEmptyWhenEverybodyHasLeft) {
  Admission admission;
  ASSERT_TRUE(admission.Enter().ok());
  ASSERT_TRUE(admission.Enter().ok());
  admission.StartDraining();
  EXPECT_FALSE(admission.AwaitEmpty(absl::ZeroDuration()));
  admission.Leave();
  EXPECT_FALSE(admission.AwaitEmpty(absl::ZeroDuration()));
  admission.Leave();
  EXPECT_TRUE(admission.AwaitEmpty(absl::ZeroDuration()));
}

TEST(Admission, ARefusedCallIsNotInside) {
  Admission admission;
  admission.StartDraining();
  EXPECT_FALSE(admission.Enter().ok());
  EXPECT_TRUE(admission.AwaitEmpty(absl::ZeroDuration()));
}

TEST(Admission, WakesTheDrainWhenTheLastLeaves) {
  Admission admission;
  ASSERT_TRUE(admission.Enter().ok());
  admission.StartDraining();
  std::thread last([&] { admission.Leave(); });
  EXPECT_TRUE(admission.AwaitEmpty(absl::InfiniteDuration()));
  last.join();
}

TEST(Admission, IsEmptyThoughManyKnock) {
  for (int round = 0; round < 20; ++round) {
    Admission admission;
    ASSERT_TRUE(admission.Enter().ok());
    admission.StartDraining();
    std::atomic<bool> over{false};
    std::vector<std::thread> refused;
    for (int i = 0; i < 2; ++i) {
      refused.emplace_back([&] {
        while (!over) EXPECT_FALSE(admission.Enter().ok());
      });
    }
    std::thread last([&] { admission.Leave(); });
    EXPECT_TRUE(admission.AwaitEmpty(absl::InfiniteDuration()));
    EXPECT_FALSE(admission.forced()->load());
    over = true;
    last.join();
    for (std::thread& thread : refused) thread.join();
  }
}

TEST(Admission, ForceEndsTheWaitThoughSomebodyIsInside) {
  Admission admission;
  ASSERT_TRUE(admission.Enter().ok());
  admission.StartDraining();
  std::thread impatient([&] { admission.Force(); });
  EXPECT_FALSE(admission.AwaitEmpty(absl::InfiniteDuration()));
  impatient.join();
  EXPECT_FALSE(admission.AwaitEmpty(absl::InfiniteDuration()));
  admission.Leave();
}

TEST(Admission, ForceEndsTheWaitForIt) {
  Admission admission;
  admission.AwaitForce(absl::Milliseconds(1));
  EXPECT_FALSE(admission.forced()->load());
  std::thread impatient([&] { admission.Force(); });
  admission.AwaitForce(absl::InfiniteDuration());
  impatient.join();
}

TEST(Admission, TellsEveryListenerOnce) {
  Admission admission;
  const auto first = std::make_shared<CountingListener>();
  const auto second = std::make_shared<CountingListener>();
  admission.Tell(first);
  admission.Tell(second);
  admission.StartDraining();
  admission.StartDraining();
  EXPECT_EQ(first->told, 1);
  EXPECT_EQ(second->told, 1);
}

TEST(Admission, TellsALateListenerAtOnce) {
  Admission admission;
  admission.StartDraining();
  const auto late = std::make_shared<CountingListener>();
  admission.Tell(late);
  EXPECT_EQ(late->told, 1);
}

TEST(Admission, DoesNotTellWhoeverIsForgottenOrGone) {
  Admission admission;
  const auto forgotten = std::make_shared<CountingListener>();
  auto gone = std::make_shared<CountingListener>();
  admission.Tell(forgotten);
  admission.Tell(gone);
  admission.Forget(forgotten.get());
  gone.reset();
  admission.StartDraining();
  EXPECT_EQ(forgotten->told, 0);
}

}  // namespace
}  // namespace cellar
