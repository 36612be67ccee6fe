// What CheckExercise found, for people.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_COMMANDS_EXERCISE_MISTAKES_TEXT_H_
#define CELLAR_CLIENT_COMMANDS_EXERCISE_MISTAKES_TEXT_H_

#include <string>

#include "cellar/v1/grading_service.pb.h"

namespace cellar {

enum class MistakesShown { kUnseen, kAll };

// How many mistakes are marked wrong, and a table of those that are marked right all the same. Of
// kAll another one of the rest, answer by answer: mistakes that lead to the same are told together,
// as a diagnosis tells them. Mistakes that the cell cannot have are left out.
std::string MistakesText(const v1::CheckExerciseResponse& check, MistakesShown shown);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_EXERCISE_MISTAKES_TEXT_H_
