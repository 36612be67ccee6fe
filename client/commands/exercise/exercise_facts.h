// What an exercise is and asks, for people.
//
// Thread safety: a function; no shared state.
#ifndef CELLAR_CLIENT_COMMANDS_EXERCISE_EXERCISE_FACTS_H_
#define CELLAR_CLIENT_COMMANDS_EXERCISE_EXERCISE_FACTS_H_

#include <string>

#include "cellar/v1/exercise.pb.h"

namespace cellar {

// A line each for what it is, how it is graded and what each question asks: its points, and how it
// is graded where it says otherwise than the exercise.
std::string ExerciseFacts(const v1::Exercise& exercise);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_EXERCISE_EXERCISE_FACTS_H_
