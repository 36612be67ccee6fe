// The digest of an exercise: equal digests mean equal verdicts.
//
// Thread safety: a pure function.
#ifndef CELLAR_SERVER_GRADING_EXERCISE_DIGEST_H_
#define CELLAR_SERVER_GRADING_EXERCISE_DIGEST_H_

#include <string>

#include "server/grading/exercise.h"

namespace cellar {

// SHA-256, in lower-case hexadecimal, of: "cellar.exercise.1" and a zero byte; the model's digest;
// numerics, one byte a rule; then sequences, questions and variations, each list with its length in
// front, in the order of their fields, numbers little-endian (inputs and states in the exercise's
// precision), texts with their length in front, what is not set as one byte 0 and what is set
// behind one byte 1. Titles, prompts and the feedback level do not count.
std::string ExerciseDigest(const Exercise& exercise);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_EXERCISE_DIGEST_H_
