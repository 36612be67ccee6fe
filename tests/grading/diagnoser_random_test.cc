// Every mistake, made in 250 random exercises (those of them that can see it), is found.
// diagnoser_exhaustive.cc does the same a thousand times for each mistake.
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/mistake_ranking.h"

namespace cellar {
namespace {

TEST(DiagnoserRandom, FindsEveryMistakeFirstOrTiedInRandomExercises) {
  const std::vector<bool> all(MistakeCatalogue().size(), true);
  std::vector<int64_t> seen(MistakeCatalogue().size());
  for (uint64_t seed = 0; seed < 250; ++seed) ExpectMistakesFirstOrTied(seed, all, seen);
  for (size_t k = 0; k < seen.size(); ++k) {
    EXPECT_GT(seen[k], 0) << MistakeCatalogue()[k].id << " is never visible";
  }
}

}  // namespace
}  // namespace cellar
