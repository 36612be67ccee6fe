// Every mistake, made in random exercises that can see it, is found. diagnoser_exhaustive.cc does
// the same a thousand times for each mistake.
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/mistake_ranking.h"

namespace cellar {
namespace {

TEST(DiagnoserRandom, FindsEveryMistakeFirstOrTiedInRandomExercises) {
  std::vector<int64_t> seen;
  for (uint64_t seed = 0; seed < 250; ++seed) ExpectEveryMistakeFirstOrTied(seed, seen);
  for (size_t k = 0; k < seen.size(); ++k) {
    EXPECT_GT(seen[k], 0) << MistakeCatalogue()[k].id << " is never visible";
  }
}

}  // namespace
}  // namespace cellar
