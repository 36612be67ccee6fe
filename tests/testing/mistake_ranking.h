// The property that every mistake of the catalogue is found again, for any number of exercises.
//
// Thread safety: pure functions.
#ifndef CELLAR_TESTS_TESTING_MISTAKE_RANKING_H_
#define CELLAR_TESTS_TESTING_MISTAKE_RANKING_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "server/grading/diagnoser.h"
#include "server/grading/mistake_catalogue.h"
#include "server/grading/mistaken_exercise.h"
#include "tests/testing/random_exercise.h"

namespace cellar {

template <class Real>
std::vector<double> AnswerAfter(const Mistake& mistake, const Exercise& exercise) {
  MistakenExercise<Real> mistaken = UnmistakenExercise<Real>(exercise);
  EXPECT_TRUE(mistake.change(mistaken)) << mistake.id;
  return AnswersOf(mistaken, exercise.questions);
}

// Bit by bit, but for the sign of 0 and what a NaN carries.
inline bool HasSameNumbers(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return false;
  for (size_t k = 0; k < a.size(); ++k) {
    if (a[k] != b[k] && !(std::isnan(a[k]) && std::isnan(b[k]))) return false;
  }
  return true;
}

// The answer after a mistake, in the exercise's precision.
inline std::vector<double> AnswerAfter(const Mistake& mistake, const Exercise& exercise) {
  return exercise.numerics.precision == Precision::kFloat32
             ? AnswerAfter<float>(mistake, exercise)
             : AnswerAfter<double>(mistake, exercise);
}

// Makes every mistake that the exercise of this seed can see, and expects each to be found, first
// or tied with the first: it gives the very same answer, number by number, and the first says so.
// Counts them in `seen`, one count for each mistake of the catalogue.
inline void ExpectEveryMistakeFirstOrTied(uint64_t seed, std::vector<int64_t>& seen) {
  const Exercise exercise = RandomExercise(seed);
  const Diagnoser diagnoser(exercise);
  const std::vector<Mistake>& catalogue = MistakeCatalogue();
  seen.resize(catalogue.size());
  for (size_t k = 0; k < catalogue.size(); ++k) {
    if (!diagnoser.outcomes()->outcomes[k].visible) continue;
    ++seen[k];
    const std::vector<double> values = AnswerAfter(catalogue[k], exercise);
    const Diagnoses found = diagnoser.Diagnose(AnswerOf(exercise, values));
    ASSERT_FALSE(found.likeliest_first.empty()) << catalogue[k].id << ", seed " << seed;
    const Diagnosis& first = found.likeliest_first[0];
    EXPECT_TRUE(first.mistake == catalogue[k].id ||
                HasSameNumbers(AnswerAfter(*FindMistake(first.mistake), exercise), values))
        << catalogue[k].id << ", seed " << seed << ", first is " << first.mistake;
    const bool tied = std::find(first.same_as.begin(), first.same_as.end(), catalogue[k].id) !=
                      first.same_as.end();
    EXPECT_NE(first.mistake == catalogue[k].id, tied)
        << catalogue[k].id << ", seed " << seed << ", first is " << first.mistake;
    EXPECT_EQ(first.matching_count, exercise.value_count()) << catalogue[k].id << ", seed " << seed;
  }
}

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_MISTAKE_RANKING_H_
