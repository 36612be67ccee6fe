// Every mistake of the catalogue, made in at least a thousand random exercises that can see it, is
// found first or tied. Minutes; CELLAR_SEED=n begins elsewhere.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/mistake_ranking.h"

namespace cellar {
namespace {

constexpr int64_t kTimes = 1000;
constexpr int64_t kMaxExercises = 200'000;

TEST(DiagnoserExhaustive, FindsEveryMistakeFirstOrTiedAThousandTimes) {
  const char* chosen = std::getenv("CELLAR_SEED");
  const uint64_t first = chosen == nullptr ? 1 : std::strtoull(chosen, nullptr, 10);
  std::vector<int64_t> seen(MistakeCatalogue().size());
  int64_t count = 0;
  while (*std::min_element(seen.begin(), seen.end()) < kTimes && count < kMaxExercises) {
    ExpectEveryMistakeFirstOrTied(first + static_cast<uint64_t>(count), seen);
    ++count;
  }
  int64_t made = 0;
  for (size_t k = 0; k < seen.size(); ++k) {
    made += seen[k];
    EXPECT_GE(seen[k], kTimes) << MistakeCatalogue()[k].id;
  }
  std::cout << "seed " << first << ": " << count << " exercises, " << made << " mistakes made\n";
}

}  // namespace
}  // namespace cellar
