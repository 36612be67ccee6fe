// Which further value of an exercise would tell mistakes apart that give the same answer so far.
//
// Thread safety: a pure function of its arguments.
#ifndef CELLAR_SERVER_GRADING_TELLING_VALUE_H_
#define CELLAR_SERVER_GRADING_TELLING_VALUE_H_

#include <string>
#include <vector>

#include "server/grading/exercise.h"
#include "server/grading/mistake.h"

namespace cellar {

// A sentence that names the value (what, and after which step) on which the mistakes differ most,
// without telling what it is; or says that no value of the exercise tells any two apart. Values are
// compared as they are by default. REQUIRES: each of the mistakes can be made in the exercise.
// Cost: a run of the exercise for each mistake.
std::string HowToTellApart(const Exercise& exercise, const std::vector<const Mistake*>& mistakes);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_TELLING_VALUE_H_
