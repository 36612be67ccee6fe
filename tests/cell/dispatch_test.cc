#include "server/cell/dispatch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace cellar {
namespace {

TEST(Dispatch, BestTargetRunsHere) { EXPECT_TRUE(RunsHere(BestTarget())); }

TEST(Dispatch, NoBetterTargetRunsHere) {
  for (const KernelTarget target : kAllTargets) {
    EXPECT_FALSE(target > BestTarget() && RunsHere(target)) << NameOf(target);
  }
}

TEST(Dispatch, EachTargetHasAWord) {
  std::set<std::string> words;
  for (const KernelTarget target : kAllTargets) words.emplace(NameOf(target));
  EXPECT_EQ(words, (std::set<std::string>{"portable", "neon", "avx2", "avx512"}));
}

}  // namespace
}  // namespace cellar
