// The property that every mistake of the catalogue is found again, for any number of exercises.
//
// Thread safety: pure functions.
#ifndef CELLAR_TESTS_TESTING_MISTAKE_RANKING_H_
#define CELLAR_TESTS_TESTING_MISTAKE_RANKING_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "gtest/gtest.h"
#include "server/grading/diagnoser.h"
#include "server/grading/mistake_catalogue.h"
#include "server/grading/mistake_outcomes.h"
#include "server/grading/mistaken_exercise.h"
#include "tests/testing/random_exercise.h"

namespace cellar {

template <class Real>
std::optional<std::vector<double>> AnswerAfter(const Mistake* mistake, const Exercise& exercise) {
  MistakenExercise<Real> mistaken = UnmistakenExercise<Real>(exercise);
  if (mistake != nullptr && !mistake->change(mistaken)) return std::nullopt;
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

// The answer after a mistake, or after none, in the exercise's precision; nothing: it cannot be
// made there.
inline std::optional<std::vector<double>> AnswerAfter(const Mistake* mistake,
                                                      const Exercise& exercise) {
  return exercise.numerics.precision == Precision::kFloat32
             ? AnswerAfter<float>(mistake, exercise)
             : AnswerAfter<double>(mistake, exercise);
}

// Whether the exercise can see one of the mistakes that are wanted: less work than a diagnoser, if
// they are few.
inline bool CanSeeAny(const Exercise& exercise, const std::vector<bool>& wanted) {
  const AnswerComparison comparison(exercise);
  std::optional<std::vector<double>> expected;
  for (size_t k = 0; k < wanted.size(); ++k) {
    const Mistake& mistake = MistakeCatalogue()[k];
    if (!wanted[k] || !HasCellFor(mistake, exercise.model->shapes())) continue;
    const auto values = AnswerAfter(&mistake, exercise);
    if (!values.has_value()) continue;
    if (!expected.has_value()) expected = AnswerAfter(nullptr, exercise);
    if (!comparison.AcceptsAll(*expected, *values)) return true;
  }
  return false;
}

// Makes every mistake that is wanted and that the exercise of this seed can see, and expects each
// to be found, first or tied with the first: it gives the very same answer, number by number, and
// the first says so. Counts them in `seen`. Both have a place for each mistake of the catalogue.
inline void ExpectMistakesFirstOrTied(uint64_t seed, const std::vector<bool>& wanted,
                                      std::vector<int64_t>& seen) {
  const Exercise exercise = RandomExercise(seed);
  if (!CanSeeAny(exercise, wanted)) return;
  const Diagnoser diagnoser(exercise);
  const std::vector<Mistake>& catalogue = MistakeCatalogue();
  for (size_t k = 0; k < catalogue.size(); ++k) {
    if (!wanted[k] || !diagnoser.outcomes()->outcomes[k].visible) continue;
    ++seen[k];
    SCOPED_TRACE(testing::Message() << catalogue[k].id << ", seed " << seed);
    const std::vector<double> values = *AnswerAfter(&catalogue[k], exercise);
    const Diagnoses found = diagnoser.Diagnose(AnswerOf(exercise, values));
    ASSERT_FALSE(found.likeliest_first.empty());
    const Diagnosis& first = found.likeliest_first[0];
    EXPECT_TRUE(first.mistake == catalogue[k].id ||
                HasSameNumbers(*AnswerAfter(FindMistake(first.mistake), exercise), values))
        << "first is " << first.mistake;
    const bool tied = std::find(first.same_as.begin(), first.same_as.end(), catalogue[k].id) !=
                      first.same_as.end();
    EXPECT_NE(first.mistake == catalogue[k].id, tied) << "first is " << first.mistake;
    EXPECT_EQ(first.matching_count, exercise.value_count());
  }
}

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_MISTAKE_RANKING_H_
