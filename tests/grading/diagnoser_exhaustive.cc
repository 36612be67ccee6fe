// Every mistake of the catalogue, made in a thousand random exercises that can see it, is found
// first or tied. `ctest -L exhaustive` runs it; a few minutes on two processors. CELLAR_SEED=n
// begins elsewhere, CELLAR_TIMES=n makes each mistake so many times. The same seed makes the same
// mistakes on any number of processors.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/mistake_ranking.h"

namespace cellar {
namespace {

constexpr uint64_t kTimes = 1000;
constexpr uint64_t kMaxExercises = 400'000;

// Exercises for which it is settled beforehand which mistakes they are to make.
constexpr uint64_t kRound = 512;

constexpr uint64_t kRoundsOfALine = 20;  // of what is printed

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const chosen = std::getenv(name);
  return chosen == nullptr ? otherwise : std::strtoull(chosen, nullptr, 10);
}

// Makes the mistakes that are wanted in the exercises of a round, and counts them.
void MakeMistakes(uint64_t first_seed, const std::vector<bool>& wanted,
                  std::vector<int64_t>& seen) {
  std::atomic<uint64_t> next = 0;
  const size_t worker_count = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::vector<int64_t>> counts(worker_count, std::vector<int64_t>(seen.size()));
  std::vector<std::thread> workers;
  for (size_t w = 0; w < worker_count; ++w) {
    workers.emplace_back([&, w] {
      for (uint64_t k = next++; k < kRound; k = next++) {
        ExpectMistakesFirstOrTied(first_seed + k, wanted, counts[w]);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  for (const std::vector<int64_t>& count : counts) {
    for (size_t k = 0; k < seen.size(); ++k) seen[k] += count[k];
  }
}

TEST(DiagnoserExhaustive, FindsEveryMistakeFirstOrTiedAThousandTimes) {
  const uint64_t first = FromEnvironment("CELLAR_SEED", 1);
  const auto times = static_cast<int64_t>(FromEnvironment("CELLAR_TIMES", kTimes));
  std::vector<int64_t> seen(MistakeCatalogue().size());
  std::vector<bool> wanted(seen.size(), true);
  uint64_t count = 0;
  while (count < kMaxExercises) {
    MakeMistakes(first + count, wanted, seen);
    if (HasFailure()) return;
    count += kRound;
    for (size_t k = 0; k < seen.size(); ++k) wanted[k] = seen[k] < times;
    const auto left = std::count(wanted.begin(), wanted.end(), true);
    const auto fewest = std::min_element(seen.begin(), seen.end());
    if (left == 0 || count % (kRoundsOfALine * kRound) == 0) {
      std::cout << count << " exercises: " << left << " of " << seen.size()
                << " mistakes to be made more often, least often "
                << MistakeCatalogue()[static_cast<size_t>(fewest - seen.begin())].id << " ("
                << *fewest << " times)" << std::endl;
    }
    if (left == 0) break;
  }
  int64_t made = 0;
  for (size_t k = 0; k < seen.size(); ++k) {
    made += seen[k];
    EXPECT_GE(seen[k], times) << MistakeCatalogue()[k].id;
  }
  std::cout << "seed " << first << ": " << count << " exercises, " << made << " mistakes made\n";
}

}  // namespace
}  // namespace cellar
