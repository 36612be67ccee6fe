// From an answer to a verdict.
//
// Thread safety: a pure function.
#ifndef CELLAR_SERVER_GRADING_GRADER_H_
#define CELLAR_SERVER_GRADING_GRADER_H_

#include "server/grading/answer.h"
#include "server/grading/compiled_exercise.h"
#include "server/grading/verdict.h"

namespace cellar {

// REQUIRES: `answer` has an entry for each question, with as many values as it asks or none at all.
Verdict GradeAnswer(const CompiledExercise& compiled, const Answer& answer);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_GRADER_H_
