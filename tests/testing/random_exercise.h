// Random exercises for property tests: every kind of cell, rule, question and comparison.
//
// Thread safety: pure functions.
#ifndef CELLAR_TESTS_TESTING_RANDOM_EXERCISE_H_
#define CELLAR_TESTS_TESTING_RANDOM_EXERCISE_H_

#include <cstdint>
#include <vector>

#include "server/grading/answer.h"
#include "server/grading/exercise.h"

namespace cellar {

// Up to three layers of up to three elements, one or two sequences of three to eight steps, from
// zero or from another state, and up to three questions. Equal seeds give equal exercises, on every
// machine.
Exercise RandomExercise(uint64_t seed);

// Values of all questions in one row, dealt out to the questions.
Answer AnswerOf(const Exercise& exercise, const std::vector<double>& values);

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_RANDOM_EXERCISE_H_
