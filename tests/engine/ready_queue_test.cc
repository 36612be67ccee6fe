#include "server/engine/ready_queue.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using testing::ElementsAre;

// Models are told apart by where they are; nobody looks into them.
const BatchKind kKindA = {reinterpret_cast<const Model*>(64), {}};
const BatchKind kKindB = {reinterpret_cast<const Model*>(128), {}};

class ReadyQueueTest : public testing::Test {
 protected:
  void Add(const std::string& line, std::optional<BatchKind> kind, const std::string& tenant = "t",
           TurnPlace place = TurnPlace::kOwn) {
    queue_.Add(tenant, place, kind, line);
  }
  std::vector<std::string> All() {
    std::vector<std::string> lines;
    while (!queue_.empty()) lines.push_back(queue_.Next());
    return lines;
  }

  ReadyQueue<std::string> queue_;
};

TEST_F(ReadyQueueTest, GivesTurnsToAllInRotationWhateverTheirKind) {
  Add("a1", kKindA);
  Add("x", std::nullopt);
  Add("list", std::nullopt, "t", TurnPlace::kShared);
  Add("b1", kKindB);
  Add("a2", kKindA);
  EXPECT_EQ(queue_.size(), 5);
  EXPECT_THAT(All(), ElementsAre("a1", "x", "list", "b1", "a2"));
  EXPECT_EQ(queue_.SizeOf(kKindA), 0);
}

TEST_F(ReadyQueueTest, TakesThoseOfAKindOutOfTheMiddle) {
  for (const char* line : {"x1", "a1", "x2", "a2", "a3"}) {
    Add(line, line[0] == 'a' ? std::optional(kKindA) : std::nullopt);
  }
  EXPECT_EQ(queue_.SizeOf(kKindA), 3);
  EXPECT_EQ(queue_.NextOf(kKindA), "a1");
  EXPECT_EQ(queue_.NextOf(kKindA), "a2");
  EXPECT_EQ(queue_.size(), 3);
  EXPECT_THAT(All(), ElementsAre("x1", "x2", "a3"));
}

TEST_F(ReadyQueueTest, ABatchTakesTenantsInTurn) {
  for (int i = 0; i < 100; ++i) Add(absl::StrCat("flood", i), kKindA, "flood");
  Add("polite", kKindA, "polite");
  EXPECT_EQ(queue_.NextOf(kKindA), "flood0");
  EXPECT_EQ(queue_.NextOf(kKindA), "polite");
  EXPECT_EQ(queue_.NextOf(kKindA), "flood1");
  EXPECT_EQ(queue_.Next(), "flood2");
}

// A session that rides in the batches of others must not cost its tenant the turn of another one.
TEST_F(ReadyQueueTest, WhoRidesInEveryBatchStillHasItsOwnTurns) {
  const std::vector<std::string> leaders = {"F1", "F2", "F3", "F4"};
  for (const std::string& tenant : leaders) {
    Add(tenant, kKindA, tenant);
    Add(tenant, kKindA, tenant);
  }
  Add("p1", kKindA, "P");
  Add("p2", kKindB, "P");
  for (int turn = 0; turn < 20; ++turn) {
    std::vector<std::string> batch = {queue_.Next()};
    if (batch[0] == "p2") return;
    while (batch.size() < 8 && queue_.SizeOf(kKindA) > 0) batch.push_back(queue_.NextOf(kKindA));
    for (const std::string& line : batch) Add(line, kKindA, line == "p1" ? "P" : line);
  }
  ADD_FAILURE() << "p2 never had a turn";
}

TEST_F(ReadyQueueTest, OtherNumericsAreAnotherKind) {
  BatchKind rounded = kKindA;
  rounded.numerics.rounding = Rounding::kNearestTiesToZero;
  Add("a", kKindA);
  EXPECT_EQ(queue_.SizeOf(rounded), 0);
  Add("rounded", rounded);
  EXPECT_EQ(queue_.NextOf(rounded), "rounded");
}

TEST_F(ReadyQueueTest, TheCountOfAKindIsAlwaysWhatWaits) {
  const std::atomic<int64_t>& count = queue_.Watch(kKindA);
  EXPECT_EQ(count, 0);
  Add("a1", kKindA);
  Add("a2", kKindA);
  EXPECT_EQ(count, 2);
  queue_.Next();
  EXPECT_EQ(count, 1);
  queue_.NextOf(kKindA);
  EXPECT_EQ(count, 0);
}

TEST_F(ReadyQueueTest, TheCountOfAllIsAlwaysItsSize) {
  Add("a", kKindA);
  Add("x", std::nullopt);
  EXPECT_EQ(queue_.waiting(), 2);
  queue_.NextOf(kKindA);
  EXPECT_EQ(queue_.waiting(), 1);
  queue_.Next();
  EXPECT_EQ(queue_.waiting(), 0);
}

BatchKind ManiethKind(intptr_t number) {
  return {reinterpret_cast<const Model*>(number * 4096), {}};
}

TEST_F(ReadyQueueTest, TheCountStaysTheSameWhenManyOtherKindsComeAndGo) {
  const std::atomic<int64_t>& count = queue_.Watch(kKindA);
  for (intptr_t k = 1; k < 2000; ++k) {
    Add("x", ManiethKind(k));
    queue_.Next();
  }
  Add("a", kKindA);
  EXPECT_EQ(count, 1);
}

// As a worker does: it takes a line, then watches for company of its kind until its batch is over.
TEST_F(ReadyQueueTest, ForgetsKindsThatNobodyWaitsForNorWatches) {
  for (intptr_t k = 1; k <= 5000; ++k) {
    const BatchKind kind = ManiethKind(k);
    Add("x", kind);
    queue_.Next();
    queue_.Watch(kind);
    if (k % 3 == 0) Add("y", kind);
    if (k % 3 == 0) queue_.NextOf(kind);
    queue_.Release(kind);
  }
  EXPECT_LE(queue_.known_kinds(), 256);
}

TEST_F(ReadyQueueTest, AKindIsKeptUntilTheLastWhoWatchesItReleasesIt) {
  const std::atomic<int64_t>& count = queue_.Watch(kKindA);
  EXPECT_EQ(&queue_.Watch(kKindA), &count);
  queue_.Release(kKindA);
  for (intptr_t k = 1; k < 2000; ++k) {
    queue_.Watch(ManiethKind(k));
    queue_.Release(ManiethKind(k));
  }
  Add("a", kKindA);
  EXPECT_EQ(count, 1);
  queue_.Release(kKindA);
  EXPECT_EQ(queue_.SizeOf(kKindA), 1);  // it waits, whoever watches
  EXPECT_EQ(queue_.NextOf(kKindA), "a");
}

// Whatever is added and taken at random: everything comes out once, and by kind as it went in.
TEST_F(ReadyQueueTest, LosesNothingAndGivesNothingTwice) {
  std::mt19937_64 random(1);
  std::map<std::string, std::optional<BatchKind>> waiting;
  const std::optional<BatchKind> kinds[] = {kKindA, kKindB, std::nullopt};
  for (int i = 0; i < 20'000; ++i) {
    if (random() % 2 == 0) {
      const std::string line = absl::StrCat("line", i);
      const std::optional<BatchKind>& kind = kinds[random() % 3];
      const bool shared = !kind.has_value() && random() % 2 == 0;
      Add(line, kind, absl::StrCat("tenant", random() % 5),
          shared ? TurnPlace::kShared : TurnPlace::kOwn);
      waiting.emplace(line, kind);
    } else if (random() % 2 == 0 && queue_.SizeOf(kKindA) > 0) {
      const auto found = waiting.find(queue_.NextOf(kKindA));
      ASSERT_NE(found, waiting.end());
      ASSERT_EQ(found->second, kKindA);
      waiting.erase(found);
    } else if (!queue_.empty()) {
      ASSERT_EQ(waiting.erase(queue_.Next()), 1u);
    }
    ASSERT_EQ(queue_.size(), static_cast<int64_t>(waiting.size()));
  }
}

}  // namespace
}  // namespace cellar
